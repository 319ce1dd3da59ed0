import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { silent } from "../../src/learn/progress.ts";
import { type Objective, trainingGraph } from "../../src/learn/step-graph.ts";
import { accuracy } from "../../src/losses/accuracy.ts";
import { crossEntropy } from "../../src/losses/cross-entropy.ts";
import { meanOver } from "../../src/losses/mean-over.ts";
import { constantOf } from "../../src/nn/initializers.ts";
import { linear } from "../../src/nn/linear.ts";
import { add, log, sub } from "../../src/ops/arithmetic.ts";
import { stopGradient } from "../../src/ops/compare.ts";
import { reduceMean } from "../../src/ops/reduce.ts";
import { createConfig } from "../../src/recipe/create-config.ts";
import { customTask } from "../../src/tasks/custom/custom-task.ts";
import { train } from "../../src/train/train.ts";
import { metricLines, moesaic, temporaryFolder } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
afterAll(folder.remove);
const SMALL = [
  ...["model.width=16", "model.num_layers=1", "model.stem=linear", "train.batch_size=16"],
  ...["data.train_size=64", "data.validation_size=16", "data.test_size=16", "data.workers=0"],
  ...["runtime.threads=1", "schedule.warmup_steps=0", "train.max_steps=2", "train.eval_every=1"],
];

test.each([
  ["{ name: capacity, capacity_factor: 1 }", true],
  ["{ name: capacity, capacity_factor: 1, group: sequence }", false],
  ["{ name: dropless }", false],
])("eval of %s says whether scores depend on the batch: %s", async (dispatch, says) => {
  const run = join(folder.path, dispatch.replace(/\W+/g, "-"));
  const settings = [...SMALL, `model.moe.dispatch=${dispatch}`];
  expect((await moesaic("train", "shapes-vit-moe", ...settings, "--run", run)).code).toBe(0);
  const { code, err } = await moesaic("eval", run);
  expect(code).toBe(0);
  expect(/share their capacity among the 16 samples of a batch/.test(err)).toBe(says);
});

test("a validation score that is not finite is warned of, and its step is not the best", async () => {
  const run = join(folder.path, "not-finite");
  const objective: Objective = (scope, { features, labels }) => {
    const logits = linear(scope.child("head"), features!, 3);
    const right = accuracy(logits, labels!);
    const score = scope.training ? right : meanOver(log(sub(right, 2)), "samples");
    return { loss: crossEntropy(logits, labels!), metrics: { score } };
  };
  const task = customTask({ objective, score: { name: "score", better: "higher" } });
  const notes: string[] = [];
  const progress = { ...silent, note: (line: string) => notes.push(line) };
  const config = createConfig({
    data: { name: "gaussian-shift", trainSize: 64, validationSize: 16, testSize: 16 },
    train: { maxSteps: 4, evalEvery: 2, batchSize: 16 },
    runtime: { threads: 1 },
  });
  await train(config, { task, runDirectory: run, progress });
  const warned = notes.filter((line) => line.startsWith("warning"));
  expect(warned).toHaveLength(2);
  expect(warned[0]).toMatch(/^warning at step 2: the validation score score is NaN, so this step/);
  expect(notes.join("\n")).not.toContain("best so far");
  const events = metricLines(run).map((line) => JSON.parse(line));
  expect(events.filter(({ name }) => name === "warning/not_finite").map(({ step }) => step)).toEqual([2, 4]); // biome-ignore format: one line
});

test("a state that follows one batch of an update is refused if there are several", () => {
  const objective: Objective = (scope, { x }) => {
    const mean = scope.state("mean", [], constantOf(0));
    scope.update("mean", add(mean, stopGradient(reduceMean(x!))));
    return { loss: reduceMean(linear(scope.child("fc"), x!, 1)) };
  };
  const batch = { x: { dtype: "float32", shape: [4, 2] } } as const;
  expect(trainingGraph(objective, batch).learns).toBe(true);
  expect(() => trainingGraph(objective, batch, { accumulates: true })).toThrow(
    /the state mean is updated from one batch, but an update has several; .*scope.updateFrom/,
  );
});
