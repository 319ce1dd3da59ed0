import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../../src/config/load.ts";
import { type TrainConfig, trainConfigSchema } from "../../src/recipe/config.ts";
import { saveCheckpoint } from "../../src/runs/checkpoints/checkpoint-store.ts";
import { train } from "../../src/train/train.ts";
import {
  checkpointSteps,
  metricLines,
  moesaic,
  moesaicProcess,
  newestFile,
  signalAt,
  temporaryFolder,
  tinyRecipe,
} from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const recipe = join(folder.path, "tiny.yaml");
const whole = join(folder.path, "whole");
const files = ["model.safetensors", "optimizer.safetensors", "ema.safetensors"];

beforeAll(async () => {
  writeFileSync(recipe, tinyRecipe);
  const { code, err } = await moesaic("train", recipe, "--run", whole);
  expect(err).toContain("step 20: validation accuracy");
  expect(code).toBe(0);
});

async function expectSameAsWhole(run: string): Promise<void> {
  expect(metricLines(run)).toEqual(metricLines(whole));
  for (const file of files) {
    expect((await newestFile(run, file)) === (await newestFile(whole, file)), file).toBe(true);
  }
  expect(await checkpointSteps(run)).toEqual(await checkpointSteps(whole));
  const scores = (path: string) => {
    const { validation, test, steps } = JSON.parse(
      readFileSync(join(path, "summary.json"), "utf8"),
    );
    return { validation, test, steps };
  };
  expect(scores(run)).toEqual(scores(whole));
}

test("a run has all promised files", async () => {
  for (const name of ["config.yaml", "metrics.jsonl", "summary.json", "report.html"]) {
    expect(existsSync(join(whole, name)), name).toBe(true);
  }
  const events = metricLines(whole).map((line) => JSON.parse(line));
  const steps = (split: string) => [
    ...new Set(events.filter((event) => event.split === split).map(({ step }) => step)),
  ];
  expect(steps("train")).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  expect(steps("validation")).toEqual([6, 12, 18, 20]);
  expect(steps("test")).toEqual([20]);
  // 96 samples are 12 batches of 8, two per step: 6 steps per epoch.
  expect(events.find(({ step }) => step === 6).epoch).toBe(0);
  expect(events.find(({ step }) => step === 7).epoch).toBe(1);
  expect(events.some(({ name }) => name === "experts/blocks.0.moe/load_3")).toBe(true);
  const clipped = events.filter(({ name, value }) => name === "grad_norm" && value > 0.5);
  expect(clipped.length).toBeGreaterThan(0);
});

test("equal seeds give equal bits, for any number of workers; another seed does not", async () => {
  // Every evaluation starts its own threads, so there is only one evaluation.
  const [alone, helped] = [0, 2].map((workers) => join(folder.path, `workers-${workers}`));
  for (const [workers, run] of [
    [0, alone!],
    [2, helped!],
  ] as const) {
    const settings = ["train.eval_every=20", `data.workers=${workers}`];
    expect((await moesaic("train", recipe, ...settings, "--run", run)).code).toBe(0);
  }
  expect(metricLines(helped!)).toEqual(metricLines(alone!));
  for (const file of files) {
    const [first, second] = [await newestFile(alone!, file), await newestFile(helped!, file)];
    expect(second === first, file).toBe(true);
  }
  const other = join(folder.path, "other-seed");
  expect((await moesaic("train", recipe, "seed=4", "--run", other)).code).toBe(0);
  expect(metricLines(other)[0]).not.toBe(metricLines(whole)[0]);
});

test("SIGINT saves the step, exits with 130, and the resumed run equals the uninterrupted one", async () => {
  const run = join(folder.path, "interrupted");
  const stopped = await moesaicProcess(
    ["train", recipe, "--run", run],
    signalAt(folder.path, '"step":8,', "SIGINT"),
  );
  expect(stopped.err).toContain(`to continue: moesaic train --run ${run} --resume`);
  expect(stopped.code).toBe(130);
  const { steps } = await checkpointSteps(run);
  // The signal is sent after step 8; a busy machine may deliver it one or two steps later.
  expect(steps.at(-1)).toBeGreaterThanOrEqual(8);
  expect(steps.at(-1)).toBeLessThanOrEqual(11);
  expect(existsSync(join(run, "summary.json"))).toBe(false);
  const resumed = await moesaic("train", "--run", run, "--resume");
  expect(resumed.err).toContain(`resumed at step ${steps.at(-1)}`);
  expect(resumed.code).toBe(0);
  await expectSameAsWhole(run);
});

test("after kill -9 between checkpoints, the resumed run equals the uninterrupted one", async () => {
  const run = join(folder.path, "killed");
  const killed = await moesaicProcess(
    ["train", recipe, "--run", run],
    signalAt(folder.path, '"step":14,', "SIGKILL"),
  );
  expect(killed.code).toBeNull();
  expect((await checkpointSteps(run)).steps.at(-1)).toBeLessThan(14);
  expect(metricLines(run).some((line) => line.startsWith('{"step":14,'))).toBe(true);
  const resumed = await moesaic("train", recipe, "--run", run, "--resume");
  expect(resumed.err).toMatch(/resumed at step (10|12)\n/);
  expect(resumed.code).toBe(0);
  await expectSameAsWhole(run);
});

test("a run killed before its first checkpoint starts again", async () => {
  const run = join(folder.path, "killed-early");
  await moesaicProcess(
    ["train", recipe, "--run", run],
    signalAt(folder.path, '"step":2,', "SIGKILL"),
  );
  expect((await checkpointSteps(run)).steps).toEqual([]);
  expect((await moesaic("train", "--run", run, "--resume")).code).toBe(0);
  await expectSameAsWhole(run);
});

test("an interrupt during the final test is too late: the run is finished", async () => {
  const run = join(folder.path, "late");
  const { code, err } = await moesaicProcess(
    ["train", recipe, "--run", run],
    signalAt(folder.path, '"split":"test"', "SIGINT"),
  );
  expect(err).toContain("finishing this step");
  expect(err).toContain(`report: ${join(run, "report.html")}`);
  expect(code).toBe(0);
  await expectSameAsWhole(run);
});

test("momentum of SGD is resumed too", async () => {
  const config = loadConfig(recipe, trainConfigSchema);
  const sgd: TrainConfig = {
    ...config,
    optimizer: {
      name: "sgd",
      learningRate: 0.1,
      weightDecay: 0.01,
      momentum: 0.9,
      nesterov: true,
      rules: [],
    },
    runtime: { ...config.runtime, threads: 2 },
  };
  const trainUntil = (run: string, stop: number, resume = false) => {
    const controller = new AbortController();
    return train(sgd, {
      runDirectory: join(folder.path, run),
      resume,
      signal: controller.signal,
      progress: {
        note() {},
        update: ({ label, done }) => {
          if (label === "step" && done === stop) controller.abort();
        },
      },
    });
  };
  await trainUntil("sgd", 20);
  await trainUntil("sgd-stopped", 9);
  await trainUntil("sgd-stopped", 20, true);
  const [first, second] = ["sgd", "sgd-stopped"].map((run) => join(folder.path, run));
  expect(metricLines(second!)).toEqual(metricLines(first!));
  const name = "optimizer.safetensors";
  expect((await newestFile(second!, name)) === (await newestFile(first!, name))).toBe(true);
});

test("resuming a finished run changes nothing", async () => {
  const run = join(folder.path, "finished");
  expect((await moesaic("train", recipe, "--run", run)).code).toBe(0);
  expect((await moesaic("train", "--run", run, "--resume")).code).toBe(0);
  await expectSameAsWhole(run);
});

test("a run that stopped early stays stopped when resumed", async () => {
  const run = join(folder.path, "early");
  const argv = ["train.early_stopping=1", "train.eval_every=1", "train.max_steps=200"];
  expect((await moesaic("train", recipe, ...argv, "--run", run)).code).toBe(0);
  const before = metricLines(run);
  expect(JSON.parse(before.at(-1)!).step).toBeLessThan(200);
  expect((await moesaic("train", "--run", run, "--resume")).code).toBe(0);
  expect(metricLines(run)).toEqual(before);
});

test("eval scores the best checkpoint like the end of training", async () => {
  const { code, out } = await moesaic("eval", whole, "--json");
  expect(code).toBe(0);
  const summary = JSON.parse(readFileSync(join(whole, "summary.json"), "utf8"));
  expect(JSON.parse(out)).toEqual(summary.test);
});

test("eval scores the latest checkpoint like training at its last step", async () => {
  const argv = ["eval", whole, "--split", "validation", "--checkpoint", "latest", "--json"];
  const { code, out } = await moesaic(...argv);
  expect(code).toBe(0);
  const last = metricLines(whole)
    .map((line) => JSON.parse(line))
    .filter(({ split, step }) => split === "validation" && step === 20);
  const logged = Object.fromEntries(last.map(({ name, value }) => [name, value]));
  const scores = JSON.parse(out);
  expect(Object.keys(scores)).toContain("accuracy");
  for (const name of Object.keys(scores)) expect(scores[name], name).toBe(logged[name]);
});

test("a resumed run gives the warnings of one that was never stopped, and no others", async () => {
  const [one, two] = [join(folder.path, "warned"), join(folder.path, "warned-again")];
  const settings = [
    ...["model.width=16", "model.num_layers=1", "model.contrastive.ignore_repeated=false"],
    ...["data.train_size=64", "data.validation_size=16", "data.test_size=16", "data.workers=0"],
    ...["train.batch_size=16", "train.max_steps=42", "train.eval_every=42"],
    ...["train.checkpoint_every=21", "schedule.warmup_steps=0", "runtime.threads=1"],
  ];
  const { code, err } = await moesaic("train", "quickstart", ...settings, "--run", one);
  expect([code, err.match(/warning at step 20: /g)?.length]).toEqual([0, 1]);
  cpSync(one, two, { recursive: true });
  const resumed = await moesaic("train", "--run", two, "--resume", "--checkpoint", "21");
  expect(resumed.code).toBe(0);
  expect(resumed.err).not.toContain("warning");
  const warnings = (run: string) => metricLines(run).filter((line) => line.includes("warning/"));
  expect(warnings(one)).toHaveLength(1);
  expect(metricLines(two)).toEqual(metricLines(one));
});

test("a finished run that is resumed removes checkpoints that a killed process could not remove", async () => {
  const run = join(folder.path, "unpruned");
  cpSync(whole, run, { recursive: true });
  await saveCheckpoint(run, 2, {}, { keep: 100 });
  const { steps } = await checkpointSteps(whole);
  expect((await checkpointSteps(run)).steps).toEqual([2, ...steps]);
  expect((await moesaic("train", "--run", run, "--resume")).code).toBe(0);
  expect((await checkpointSteps(run)).steps).toEqual(steps);
});
