import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { encodeSafetensors } from "../../formats/safetensors.ts";
import { allocate } from "../../graph/array.ts";
import { saveCheckpoint } from "../../runs/checkpoints/checkpoint-store.ts";
import { readState, stateFiles } from "../../runs/state-files.ts";
import { setUpTraining } from "../setup.ts";
import { temporaryFolder, tinySfMoe, trainTiny } from "./frozen.fixture.ts";

const folder = temporaryFolder();
afterAll(() => rmSync(folder, { recursive: true }));
const config = tinySfMoe({ train: { ema_decay: 0.9 } });
const isFrozen = (name: string): boolean =>
  /^(patch_embed|pos_embed|cls_token|blocks\.[01]\.)/.test(name);

test("frozen parameters have neither gradients nor moments nor averages", async () => {
  const training = await setUpTraining(config);
  try {
    const { arena, optimizer } = training.step;
    expect(arena.names.filter(isFrozen)).toHaveLength(28);
    expect(arena.trained).toEqual(arena.names.filter((name) => !isFrozen(name)));
    for (const buffer of ["gradients", ...optimizer.moments, "ema"]) {
      expect(arena.flat(buffer).length).toBe(arena.size);
    }
    expect(arena.flat("parameters").length).toBeGreaterThan(arena.size + 6000);
  } finally {
    await training.dispose();
  }
});

test("checkpoints hold their values alone, and older ones that hold more load", async () => {
  const runDirectory = join(folder, "run");
  const stop = new AbortController();
  await trainTiny(config, { runDirectory, signal: stop.signal }, (label, done) => {
    if (label === "step" && done === 4) stop.abort();
  }).catch(() => {});
  const { model, optimizer, ema } = await readState(join(runDirectory, "checkpoints", "4"), true);
  expect([...model.keys()].filter(isFrozen)).toHaveLength(28);
  expect([...ema!.keys()].filter(isFrozen)).toEqual([]);
  expect([...optimizer.keys()].filter((name) => isFrozen(name.split("/")[1]!))).toEqual([]);

  const whole = await trainTiny(config, { runDirectory: join(folder, "whole") });
  const training = await setUpTraining(config);
  const older = new Map(optimizer);
  for (const [name, { shape }] of model) {
    if (!isFrozen(name)) continue;
    for (const moment of training.step.optimizer.moments) {
      older.set(`${moment}/${name}`, allocate("float32", shape));
    }
  }
  const progress = { step: 4, bestScore: null, bestStep: 0, withoutImprovement: 0, seconds: 1 };
  const files = stateFiles(training.step, progress);
  await training.dispose();
  await saveCheckpoint(runDirectory, 4, {
    ...files,
    "model.safetensors": encodeSafetensors(model),
    "optimizer.safetensors": encodeSafetensors(older),
    "ema.safetensors": encodeSafetensors(new Map([...model, ...ema!])),
  });
  const resumed = await trainTiny(config, { runDirectory, resume: true });
  expect(resumed.state).toEqual(whole.state);
});
