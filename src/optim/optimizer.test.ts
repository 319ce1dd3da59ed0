import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { allocate, array, type NdArray, toNumbers } from "../graph/array.ts";
import { emitModel } from "../onnx/emit.ts";
import { randomArray } from "../ops/check.fixture.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import { adamW } from "./adamw.ts";
import { emaGraph, emaScalars } from "./ema.ts";
import type { Optimizer } from "./optimizer.ts";
import { sgd } from "./sgd.ts";

interface Step {
  readonly learningRate: number;
  readonly gradient: number[];
  readonly parameter: number[];
}
const fixture = new URL("fixtures/optimizers.json", import.meta.url);
const expected = JSON.parse(readFileSync(fixture, "utf8")) as Record<string, Step[]>;

const start = [1, -2, 0.5, 0];
const optimizers: Record<string, { optimizer: Optimizer; weightDecay: number }> = {
  adamw: { optimizer: adamW(), weightDecay: 0.05 },
  "adamw with other betas": {
    optimizer: adamW({ beta1: 0.8, beta2: 0.95, epsilon: 1e-3 }),
    weightDecay: 0,
  },
  sgd: { optimizer: sgd(), weightDecay: 0.05 },
  "sgd with nesterov": { optimizer: sgd({ nesterov: true }), weightDecay: 0.05 },
  "sgd without momentum": { optimizer: sgd({ momentum: 0 }), weightDecay: 0 },
};

const scalarArrays = (scalars: Record<string, number>): Record<string, NdArray> =>
  Object.fromEntries(Object.entries(scalars).map(([name, value]) => [name, array(value)]));

test.each(Object.entries(optimizers))(
  "five steps of %s match torch.optim",
  async (name, chosen) => {
    const { optimizer, weightDecay } = chosen;
    using session = await nativeRuntime().createSession(emitModel(optimizer.graph()).bytes);
    let state: Record<string, NdArray> = {
      parameter: array(start),
      ...Object.fromEntries(optimizer.moments.map((moment) => [moment, array([0, 0, 0, 0])])),
    };
    for (const [i, { learningRate, gradient, parameter }] of expected[name]!.entries()) {
      // A gradient of half the size with scale two gives the same step.
      const scalars = optimizer.scalars({
        step: i,
        learningRate,
        weightDecay,
        gradientScale: 2,
      });
      const results = await session.run({
        ...state,
        gradient: array(gradient.map((g) => g / 2)),
        ...scalarArrays(scalars),
      });
      state = Object.fromEntries(Object.keys(state).map((key) => [key, results[`new_${key}`]!]));
      toNumbers(state.parameter!).forEach((x, e) => {
        expect(x, `entry ${e} after step ${i + 1}`).toBeCloseTo(parameter[e]!, 6);
      });
    }
  },
);

test.each(Object.entries(optimizers))("%s in place equals a ping-pong run", async (_, chosen) => {
  const { optimizer, weightDecay } = chosen;
  const size = 100_003; // enough for many threads, and not a multiple of the vector width
  const names = ["parameter", ...optimizer.moments];
  using session = await nativeRuntime().createSession(emitModel(optimizer.graph()).bytes);

  const run = async (inPlace: boolean): Promise<NdArray[]> => {
    const gradient = allocate("float32", [size]);
    const from = names.map((_, i) =>
      i === 0 ? randomArray([size], 1) : allocate("float32", [size]),
    );
    const to = inPlace ? from : names.map(() => allocate("float32", [size]));
    const scalars = scalarArrays(optimizer.scalars({ step: 0, learningRate: 0.1 }));
    const wired = (role: "in" | "out", arrays: readonly NdArray[]) =>
      Object.fromEntries(names.map((n, i) => [role === "in" ? n : `new_${n}`, arrays[i]!]));
    using there = session.bind({ ...wired("in", from), gradient, ...scalars }, wired("out", to));
    using back = session.bind({ ...wired("in", to), gradient, ...scalars }, wired("out", from));
    for (let step = 1; step <= 6; step++) {
      gradient.data.set(randomArray([size], 10 + step).data);
      const values = optimizer.scalars({ step: step - 1, learningRate: 0.1 / step, weightDecay });
      for (const [name, value] of Object.entries(values)) scalars[name]!.data[0] = value;
      await (step % 2 === 1 ? there : back).run();
    }
    return from;
  };
  const [placed, swapped] = [await run(true), await run(false)];
  names.forEach((name, i) => {
    expect(
      Buffer.from(placed[i]!.data.buffer).equals(Buffer.from(swapped[i]!.data.buffer)),
      name,
    ).toBe(true);
  });
  expect(placed[0]!.data).not.toEqual(randomArray([size], 1).data);
});

test("the average is updated in place", async () => {
  using session = await nativeRuntime().createSession(emitModel(emaGraph()).bytes);
  const average = array([1, 2]);
  using binding = session.bind(
    { average, parameter: array([3, 0]), ...scalarArrays(emaScalars(0.75)) },
    { new_average: average },
  );
  await binding.run();
  expect(toNumbers(average)).toEqual([1.5, 1.5]);
  await binding.run();
  expect(toNumbers(average)).toEqual([1.875, 1.125]);
  expect(() => emaScalars(1.5)).toThrow(/decay must be 0 to 1, got 1.5/);
});

test("a learning rate of 0 changes only the moments", async () => {
  const optimizer = adamW();
  using session = await nativeRuntime().createSession(emitModel(optimizer.graph()).bytes);
  const results = await session.run({
    parameter: array([1, 2]),
    gradient: array([1, 0]),
    exp_avg: array([0, 0]),
    exp_avg_sq: array([0, 0]),
    ...scalarArrays(optimizer.scalars({ step: 0, learningRate: 0, weightDecay: 0.1 })),
  });
  expect(toNumbers(results.new_parameter!)).toEqual([1, 2]);
  expect(toNumbers(results.new_exp_avg!)[0]).toBeCloseTo(0.1, 7);
});

test("nesterov without momentum is refused", () => {
  expect(() => sgd({ momentum: 0, nesterov: true })).toThrow(/nesterov needs a momentum above 0/);
});
