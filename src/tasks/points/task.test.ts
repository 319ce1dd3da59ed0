import { expect, test } from "vitest";
import { fromSnakeCase } from "../../config/case.ts";
import { pointsBatches } from "../../data/batches/points-batches.ts";
import { openGaussianShift } from "../../data/gaussian-shift/gaussian-shift.ts";
import { type NdArray, toNumbers } from "../../graph/array.ts";
import { batchSpec } from "../../learn/evaluator.ts";
import { parameterGroups } from "../../learn/parameter-groups.ts";
import type { Objective } from "../../learn/step-graph.ts";
import { createTrainStep, type TrainStep } from "../../learn/train-step.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import { classicMixtureSchema } from "../../models/classic-mixture/config.ts";
import { linear } from "../../nn/linear.ts";
import { relu } from "../../ops/activation.ts";
import { adamW } from "../../optim/adamw.ts";
import { key } from "../../random/index.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import { classicMixtureTask, mixtureObjective } from "./task.ts";

const dataset = openGaussianShift({ name: "gaussian-shift", split: "train", length: 400 });
const maker = pointsBatches(dataset);
const settings = fromSnakeCase(classicMixtureSchema.parse({ system: "classic-mixture" }));
const phaseOne = 12;
const groups = parameterGroups([
  { parameters: "gate.*", learningRateFactor: 1, frozen: { untilStep: phaseOne } },
  { parameters: "experts.*", learningRateFactor: 1, frozen: { fromStep: phaseOne } },
]);

/** Indices of the points of a class. */
const members = [0, 1, 2].map((label) =>
  Array.from({ length: dataset.length }, (_, i) => i).filter((i) => dataset.get(i).label === label),
);

/** Batch `step`: four points of each label. */
function batchOf(step: number, labels: readonly number[]): Readonly<Record<string, NdArray>> {
  const indices = labels.flatMap((label) => members[label]!.slice(4 * step, 4 * step + 4));
  return maker.make({ step, epoch: 0, indices: Int32Array.from(indices) }).arrays;
}

async function createStep(objective: Objective, size: number): Promise<TrainStep> {
  return createTrainStep(objective, batchSpec(maker.fields, size), {
    runtime: nativeRuntime(),
    optimizer: adamW(),
    seed: key(0),
    session: { threads: 1 },
    groups,
  });
}

async function advance(
  step: TrainStep,
  labels: readonly number[],
  steps: readonly number[],
): Promise<void> {
  for (const index of steps) {
    await step.forwardBackward(batchOf(index, labels), index);
    await step.optimizer.step(groups.settings({ step: index, learningRate: 1e-2 }));
  }
}

const weights = (step: TrainStep): Map<string, number[]> =>
  new Map(step.arena.names.map((name) => [name, toNumbers(step.arena.view("parameters", name))]));

const all = [0, 1, 2];
const first = Array.from({ length: phaseOne }, (_, i) => i);

test("experts learn as if each were trained alone on its labels, and the gate only afterwards", async () => {
  const whole = await createStep(mixtureObjective(settings, 3), 12);
  try {
    const before = weights(whole);
    await advance(whole, all, first);
    const between = weights(whole);
    for (const [e, labels] of settings.expertLabels.entries()) {
      const alone = await createStep((scope, batch) => {
        const at = scope.child("experts").child(e);
        const hidden = relu(linear(at.child("fc1"), batch.features!, settings.hiddenWidth));
        return { loss: crossEntropy(linear(at.child("fc2"), hidden, 3), batch.labels!) };
      }, 8);
      try {
        await advance(alone, labels, first);
        for (const [name, values] of weights(alone)) {
          for (const [i, value] of values.entries()) {
            expect(Math.abs(between.get(name)![i]! - value), name).toBeLessThan(2e-5);
          }
          const moved = values.map((value, i) => Math.abs(value - before.get(name)![i]!));
          expect(Math.max(...moved), name).toBeGreaterThan(0.02);
        }
      } finally {
        alone.dispose();
      }
    }
    await advance(whole, all, [phaseOne, phaseOne + 1]);
    for (const [name, values] of weights(whole)) {
      const gate = name.startsWith("gate.");
      const same = (one: Map<string, number[]>) => expect(one.get(name), name);
      if (gate) same(before).toEqual(between.get(name));
      if (gate) same(between).not.toEqual(values);
      else same(between).toEqual(values);
    }
  } finally {
    whole.dispose();
  }
});

test("a batch without samples of an expert does not change the expert", async () => {
  const step = await createStep(mixtureObjective(settings, 3), 4);
  try {
    await step.forwardBackward(batchOf(0, [2]), 0);
    expect(step.values["auxiliary/experts.0.cross_entropy"]!.data[0]).toBe(0);
    expect(step.values["auxiliary/experts.1.cross_entropy"]!.data[0]).toBeGreaterThan(0);
    for (const name of step.arena.names) {
      const gradient = toNumbers(step.arena.view("gradients", name));
      if (name.startsWith("experts.0.")) expect(gradient.every((value) => value === 0)).toBe(true);
      else
        expect(
          gradient.some((value) => value !== 0),
          name,
        ).toBe(true);
    }
  } finally {
    step.dispose();
  }
});

test("labels that the data lack are refused", () => {
  const wrong = { ...settings, expertLabels: [[0, 1], [1, 7]] }; // biome-ignore format: pairs
  expect(() => classicMixtureTask(wrong, { dataset, fields: {} }, { batchSize: 4 })).toThrow(
    "expert 1 lists label 7, but the data have labels 0 to 2",
  );
});
