/** Checkpoints that changed after they were written. */
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type CommandResult,
  checkpointSteps,
  metricLines,
  moesaic,
  temporaryFolder,
  tinyRecipe,
  tinyTextRecipe,
} from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const whole = join(folder.path, "whole");
const run = join(folder.path, "run");
const newest = join(run, "checkpoints", "20");

beforeAll(async () => {
  const recipe = join(folder.path, "tiny.yaml");
  writeFileSync(recipe, tinyRecipe);
  const { code } = await moesaic("train", recipe, "--run", whole);
  expect(code).toBe(0);
});

/** A copy of the run. */
function copy(): void {
  rmSync(run, { recursive: true, force: true });
  cpSync(whole, run, { recursive: true });
}

function flipBit(file: string, bit: number): void {
  const bytes = readFileSync(file);
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  writeFileSync(file, bytes);
}

function expectNamed({ code, err }: CommandResult, file: string, step: number): void {
  expect(err).toContain(`error: ${file} is damaged: `);
  const command = `moesaic train --run ${run} --resume --checkpoint ${step}`;
  expect(err).toContain(
    `; the checkpoint of step ${step} is intact: use it with --checkpoint ${step}, or continue the training from it with: ${command}\n`,
  );
  expect(code).toBe(1);
}

const files = [
  "checkpoint.json",
  "ema.safetensors",
  "model.safetensors",
  "optimizer.safetensors",
  "progress.json",
];

test.each(files)(
  "a flipped bit in %s is named, with the checkpoint to go back to",
  async (name) => {
    copy();
    expect(readdirSync(newest).sort()).toEqual(files);
    const file = join(newest, name);
    const bits = 8 * readFileSync(file).length;
    // In the length of the header, the header, the first tensor, the last.
    for (const bit of [0, 100, Math.floor(bits * 0.7), bits - 1]) {
      flipBit(file, bit);
      expectNamed(await moesaic("train", "--run", run, "--resume"), file, 18);
      flipBit(file, bit);
    }
    if (name === "optimizer.safetensors" || name === "progress.json") return;
    flipBit(file, bits - 77);
    expectNamed(await moesaic("eval", run, "--checkpoint", "latest"), file, 18);
  },
);

test("512 zeroed bytes, a shorter file, and the optimizer of another step are found", async () => {
  copy();
  const model = join(newest, "model.safetensors");
  const bytes = readFileSync(model);
  writeFileSync(model, Buffer.from(bytes).fill(0, bytes.length - 1024, bytes.length - 512));
  expectNamed(await moesaic("train", "--run", run, "--resume"), model, 18);
  writeFileSync(model, bytes.subarray(0, -16));
  const cut = await moesaic("train", "--run", run, "--resume");
  expectNamed(cut, model, 18);
  expect(cut.err).toContain(`it has ${bytes.length - 16} bytes, and ${bytes.length} were written`);
  writeFileSync(model, bytes);
  const optimizer = join(newest, "optimizer.safetensors");
  cpSync(join(run, "checkpoints", "18", "optimizer.safetensors"), optimizer);
  expectNamed(await moesaic("train", "--run", run, "--resume"), optimizer, 18);
});

test("the command of the message continues the run as it was", async () => {
  copy();
  flipBit(join(newest, "model.safetensors"), 5000);
  const resumed = await moesaic("train", "--run", run, "--resume", "--checkpoint", "18");
  expect(resumed.err).toContain("resumed at step 18\n");
  expect(resumed.code).toBe(0);
  expect(metricLines(run)).toEqual(metricLines(whole));
  for (const name of files.filter(
    (name) => name !== "progress.json" && name !== "checkpoint.json",
  )) {
    const [actual, wanted] = [run, whole].map((at) =>
      readFileSync(join(at, "checkpoints/20", name)),
    );
    expect(actual!.equals(wanted!), name).toBe(true);
  }
});

test("an older checkpoint is chosen by its step, and later ones are removed", async () => {
  copy();
  const { steps } = await checkpointSteps(run);
  const before = await moesaic("eval", run, "--checkpoint", String(steps[0]), "--json");
  expect(before.code).toBe(0);
  const none = await moesaic("eval", run, "--checkpoint", "7");
  expect(none.err).toContain(
    `${run} has no checkpoint of step 7; its checkpoints: ${steps.join(", ")}`,
  );
  expect(none.code).toBe(2);
  const alone = await moesaic("train", "--run", run, "--checkpoint", "18");
  expect(alone.err).toContain("--checkpoint requires --resume");
});

test("without another intact checkpoint the message says how to train again", async () => {
  copy();
  for (const step of readdirSync(join(run, "checkpoints"))) {
    flipBit(join(run, "checkpoints", step, "model.safetensors"), 4000);
  }
  const { code, err } = await moesaic("train", "--run", run, "--resume");
  expect(err).toContain(
    `no other checkpoint of the run is intact: restore the file from a copy, or train again with: moesaic train ${run}/config.yaml --run ${run} --overwrite`,
  );
  expect(code).toBe(1);
});

test("a checkpoint of a newer format is refused", async () => {
  copy();
  writeFileSync(join(newest, "checkpoint.json"), '{"format_version":2,"step":20}');
  for (const argv of [
    ["eval", run],
    ["train", "--run", run, "--resume"],
  ]) {
    const { code, err } = await moesaic(...argv);
    expect(err).toContain(
      "checkpoint.json has format version 2, and this version of moesaic reads versions up to 1; update moesaic",
    );
    expect(code).toBe(1);
  }
});

test("another tokenizer is refused", async () => {
  const text = join(folder.path, "text.txt");
  writeFileSync(text, "the cat sat on the mat and the dog on the log. ".repeat(60));
  const recipe = join(folder.path, "text.yaml");
  writeFileSync(recipe, tinyTextRecipe(text));
  const trained = join(folder.path, "text");
  expect((await moesaic("train", recipe, "--run", trained)).code).toBe(0);
  const file = join(trained, "tokenizer.json");
  const state = readFileSync(file, "utf8");
  const swapped = state.replace('"a"', '"?"').replace('"b"', '"a"').replace('"?"', '"b"');
  writeFileSync(file, swapped === state ? `${state} ` : swapped);
  for (const argv of [
    ["eval", trained, "--split", "validation"],
    ["train", "--run", trained, "--resume"],
  ]) {
    const { code, err } = await moesaic(...argv);
    expect(err).toContain(
      `${file} is damaged or of another training: the checkpoint of step 20 was trained with another content; copy it from another run of the same training`,
    );
    expect(code).toBe(1);
  }
  writeFileSync(file, state);
  expect((await moesaic("eval", trained, "--split", "validation")).code).toBe(0);
});
