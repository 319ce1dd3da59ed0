import { expect, test } from "vitest";
import { array, type NdArray, toNumbers, view } from "../../graph/array.ts";
import { infoNceLoss, pairAccuracy } from "../../losses/contrastive.ts";
import { applyDropout } from "../../nn/dropout.ts";
import { zeros } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import { learnedLogitScale } from "../../nn/logit-scale.ts";
import type { Scope } from "../../nn/scope.ts";
import { tanh } from "../../ops/activation.ts";
import { add, mul, square } from "../../ops/arithmetic.ts";
import { cast } from "../../ops/compare.ts";
import { l2Normalize } from "../../ops/l2-normalize.ts";
import { reduceMean } from "../../ops/reduce.ts";
import { adamW } from "../../optim/adamw.ts";
import { foldIn, key, normal } from "../../random/index.ts";
import { BUFFERS } from "../../runtime/arena.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import { createLora } from "../lora/lora.ts";
import { parameterGroups } from "../parameter-groups.ts";
import { createRandomPool } from "../random-pool.ts";
import { joinStages, type StagedObjective } from "../staged-objective.ts";
import type { BatchSpec } from "../step-graph.ts";
import type { NamedArrays } from "../step-session.ts";
import { createTrainStep, type TrainStepOptions, type UpdateStep } from "../train-step.ts";
import { cachedStages, createGradCacheStep } from "./grad-cache.ts";

const [size, count, width, rate] = [4, 3, 6, 0.3];
const seed = key(7);

/** Source of dropout masks and of the hidden units' factor: the scope, or arrays of the batch. */
type Source = "none" | "scope" | "batch";

/** Two branches with an auxiliary loss each, compared by InfoNCE with a learned temperature. */
function stagesOf(source: Source): StagedObjective {
  const branch = (scope: Scope, name: string, batch: Parameters<StagedObjective["embed"]>[1]) => {
    const child = scope.child(name);
    let x = batch[name]!; // [B, width]
    let factor = batch[`${name}_factor`];
    if (source !== "none") {
      const draws =
        batch[`${name}_draws`] ?? child.random("dropout", x.shape as readonly number[], "uniform");
      x = applyDropout(x, draws, rate);
    }
    if (source === "scope") {
      const seen = child.state("seen", [], zeros);
      child.update("seen", add(seen, 1));
      factor = add(seen, 1);
    }
    let hidden = tanh(linear(child.child("in"), x, 5)); // [B, 5]
    if (factor !== undefined) hidden = mul(hidden, factor);
    const weight = { peak: 2, kind: "constant", warmupSteps: 4 } as const;
    child.auxiliary("size", name === "image" ? 0.5 : weight, reduceMean(square(hidden)));
    return l2Normalize(linear(child.child("out"), hidden, 3)); // [B, 3]
  };
  return {
    embed: (scope, batch) => ({
      z: branch(scope, "image", batch),
      t: branch(scope, "text", batch),
      ids: batch.ids!,
    }),
    compare: (scope, { z, t, ids }) => ({
      loss: infoNceLoss(z!, t!, learnedLogitScale(scope, { temperature: 0.2 })),
      metrics: {
        pair_accuracy: pairAccuracy(z!, t!),
        mean_id: reduceMean(cast(ids!, "float32")),
      },
    }),
  };
}

const rows = (name: string, step: number): NdArray<"float32"> => {
  const data = view("float32", [size * count, width], new ArrayBuffer(size * count * width * 4), 0);
  normal(foldIn(foldIn(seed, name), step), data.data);
  return data;
};

const wholeBatch = (step = 0): NamedArrays => ({
  image: rows("image", step),
  text: rows("text", step),
  ids: array(
    Array.from({ length: size * count }, (_, i) => i),
    "int64",
  ),
});

/** Micro-batch `micro` of a batch. */
function part(whole: NamedArrays, micro: number): NamedArrays {
  return Object.fromEntries(
    Object.entries(whole).map(([name, { dtype, shape, data }]) => {
      const bytes = data.byteLength / count;
      return [name, view(dtype, [size, ...shape.slice(1)], data.buffer, micro * bytes)];
    }),
  );
}

const specOf = (arrays: NamedArrays): BatchSpec =>
  Object.fromEntries(Object.entries(arrays).map(([n, { dtype, shape }]) => [n, { dtype, shape }]));

const options: TrainStepOptions = {
  runtime: nativeRuntime(),
  optimizer: adamW(),
  seed,
  session: { threads: 1 },
};

const cached = (source: Source, more: Partial<TrainStepOptions> = {}): Promise<UpdateStep> =>
  createGradCacheStep(stagesOf(source), specOf(part(wholeBatch(), 0)), {
    ...options,
    accumulationSteps: count,
    ...more,
  });

/** Gradients of one update from the micro-batches of `whole`. */
async function accumulate(step: UpdateStep, index: number, whole = wholeBatch(index)) {
  let micro = 0;
  const { scalars } = await step.accumulate(index, async () => ({ arrays: part(whole, micro++) }));
  return scalars;
}

/** Gradients by parameter, divided by the number of micro-batches as in the optimizer. */
const gradientsOf = (step: UpdateStep, by: number): Map<string, number[]> =>
  new Map(
    step.arena.trained.map((name) => [
      name,
      toNumbers(step.arena.view(BUFFERS.gradients, name)).map((value) => value / by),
    ]),
  );

function expectClose(found: Map<string, number[]>, expected: Map<string, number[]>): void {
  expect([...found.keys()]).toEqual([...expected.keys()]);
  for (const [name, values] of expected) {
    const largest = Math.max(...values.map(Math.abs));
    expect(largest, name).toBeGreaterThan(1e-4);
    for (const [i, value] of values.entries()) {
      expect(Math.abs(found.get(name)![i]! - value), name).toBeLessThan(1e-5 * largest);
    }
  }
}

function expectScalars(found: Record<string, number>, { values }: UpdateStep): void {
  for (const [name, value] of Object.entries(found)) {
    expect(value, name).toBeCloseTo(Number(values[name]!.data[0]), 5);
  }
}

test("gradients and scalars equal one batch of all samples, in every update", async () => {
  const step = await cached("none");
  const plain = await createTrainStep(joinStages(stagesOf("none")), specOf(wholeBatch()), options);
  try {
    for (const index of [0, 1]) {
      const scalars = await accumulate(step, index);
      await plain.forwardBackward(wholeBatch(index), index);
      expect(Object.keys(scalars)).toEqual(plain.graph.scalars);
      expect(scalars.mean_id).toBe((size * count - 1) / 2);
      expectScalars(scalars, plain);
      expectClose(gradientsOf(step, count), gradientsOf(plain, 1));
    }
  } finally {
    step.dispose();
    plain.dispose();
  }
  expect(Object.values(options.runtime.liveHandles()).every((handles) => handles === 0)).toBe(true);
});

test("both passes use the same random numbers and states, which advance once", async () => {
  const step = await cached("scope");
  const shape = [size, width];
  const pool = createRandomPool(foldIn(seed, "noise"), [{ distribution: "uniform", shape }]);
  /** The random numbers of the micro-batches, as arrays of one batch. */
  const seen = (index: number): NamedArrays => {
    const draws = (name: string): NdArray => {
      const all = rows(name, index);
      for (let micro = 0; micro < count; micro++) {
        const at = index + micro * 2 ** 32;
        const { data } = pool.window("uniform", `${name}.dropout`, at, shape);
        all.data.set(data, micro * data.length);
      }
      return all;
    };
    const factors = array(Array.from({ length: size * count }, () => [1 + index]));
    return {
      image_draws: draws("image"),
      text_draws: draws("text"),
      image_factor: factors,
      text_factor: factors,
    };
  };
  const whole = (index: number) => ({ ...wholeBatch(index), ...seen(index) });
  const plain = await createTrainStep(joinStages(stagesOf("batch")), specOf(whole(0)), options);
  try {
    for (const index of [0, 1]) {
      const scalars = await accumulate(step, index);
      await plain.forwardBackward(whole(index), index);
      expectScalars(scalars, plain);
      expectClose(gradientsOf(step, count), gradientsOf(plain, 1));
      for (const state of step.states.values()) {
        expect(toNumbers(state)).toEqual([index + 1]);
      }
    }
  } finally {
    step.dispose();
    plain.dispose();
  }
});

test("frozen parameters have no gradients, and the others are unaffected", async () => {
  const groups = parameterGroups([
    { parameters: "text.*", learningRateFactor: 1, frozen: true },
    { parameters: "logit_scale", learningRateFactor: 1, frozen: true },
  ]);
  const frozen = await cached("none", { groups });
  const step = await cached("none");
  try {
    await accumulate(frozen, 0);
    await accumulate(step, 0);
    const [found, all] = [gradientsOf(frozen, 1), gradientsOf(step, 1)];
    for (const [name, values] of all) {
      expect(found.get(name), name).toEqual(name.startsWith("image.") ? values : undefined);
    }
  } finally {
    frozen.dispose();
    step.dispose();
  }
});

test("gradients of adapters equal one batch of all samples", async () => {
  const lora = createLora({ rank: 2, targets: ["image.*"], trained: ["text.*"] });
  const groups = parameterGroups([], lora);
  const step = await cached("none", { groups });
  const stages = joinStages(stagesOf("none"));
  const plain = await createTrainStep(stages, specOf(wholeBatch()), { ...options, groups });
  try {
    for (const { arena } of [step, plain]) {
      for (const layer of ["image.in", "image.out"]) {
        normal(foldIn(seed, layer), arena.view(BUFFERS.parameters, `${layer}.lora_B.weight`).data);
      }
    }
    await accumulate(step, 0);
    await plain.forwardBackward(wholeBatch(), 0);
    expect(step.arena.trained).toContain("image.out.lora_A.weight");
    expect(step.arena.trained).not.toContain("image.out.weight");
    expectClose(gradientsOf(step, count), gradientsOf(plain, 1));
  } finally {
    step.dispose();
    plain.dispose();
  }
});

test("a step that takes over memory continues bit for bit", async () => {
  const train = async (step: UpdateStep, indices: readonly number[]) => {
    for (const index of indices) {
      await accumulate(step, index);
      const base = { step: index, learningRate: 1e-2, gradientScale: 1 / count };
      await step.optimizer.step(parameterGroups().settings(base));
    }
  };
  const [whole, first, second] = [
    await cached("scope"),
    await cached("scope"),
    await cached("scope"),
  ];
  try {
    await train(whole, [0, 1, 2, 3]);
    await train(first, [0, 1]);
    for (const name of first.arena.buffers.filter((buffer) => buffer !== BUFFERS.gradients)) {
      second.arena.flat(name).set(first.arena.flat(name));
    }
    for (const [name, state] of first.states) second.states.get(name)!.data.set(state.data);
    await train(second, [2, 3]);
    const weights = (step: UpdateStep) => [...step.arena.flat(BUFFERS.parameters)];
    expect(weights(second)).toEqual(weights(whole));
    expect(weights(first)).not.toEqual(weights(whole));
  } finally {
    for (const step of [whole, first, second]) step.dispose();
  }
});

test("stages and at least one batch to join are required", () => {
  const stages = stagesOf("none");
  expect(cachedStages({ gradCache: false, accumulationSteps: 1 }, undefined)).toBeUndefined();
  expect(cachedStages({ gradCache: false, accumulationSteps: 4 }, stages)).toBeUndefined();
  expect(cachedStages({ gradCache: true, accumulationSteps: 4 }, stages)).toBe(stages);
  expect(() => cachedStages({ gradCache: true, accumulationSteps: 4 }, undefined)).toThrow(
    expect.objectContaining({
      exitCode: 2,
      message: expect.stringContaining("unlike the loss of this model"),
    }),
  );
  expect(() => cachedStages({ gradCache: true, accumulationSteps: 1 }, stages)).toThrow(
    expect.objectContaining({
      exitCode: 2,
      message: expect.stringContaining("train.accumulation_steps is 1"),
    }),
  );
});
