import { expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { batch } from "../../graph/shape.ts";
import { dropout } from "../../nn/dropout.ts";
import { constantOf } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { apply, compile } from "../native.ts";
import { init } from "./apply.ts";

const layer = (scope: Scope, { x }: { readonly x: Tensor }) => linear(scope.child("fc"), x, 2);
const x = array([
  [1, 2],
  [3, 4],
]);
const weights = new Map<string, NdArray>([
  ["fc.weight", array([[1, 0], [0, 10]])], // biome-ignore format: a matrix
  ["fc.bias", array([0, 5])],
]);

test("apply runs a layer with given weights", async () => {
  const { output } = await apply(layer, weights, { x });
  expect(output.shape).toEqual([2, 2]);
  expect(toNumbers(output)).toEqual([1, 25, 3, 45]);
});

test("init returns the parameters and states, equal for equal seeds", () => {
  const fresh = init(layer, { x });
  expect([...fresh].map(([name, { shape }]) => [name, shape])).toEqual([
    ["fc.weight", [2, 2]],
    ["fc.bias", [2]],
  ]);
  expect(init(layer, { x })).toEqual(fresh);
  expect(init(layer, { x }, { seed: 1 }).get("fc.weight")).not.toEqual(fresh.get("fc.weight"));
  const counting = (scope: Scope) => scope.state("count", [], constantOf(3));
  expect(toNumbers(init(counting, {}).get("count")!)).toEqual([3]);
});

test("apply accepts the weights of init", async () => {
  const { output } = await apply(layer, init(layer, { x }), { x });
  expect(toNumbers(output).every(Number.isFinite)).toBe(true);
});

test("results by name, taps, auxiliary losses and states are returned on request", async () => {
  const model = (scope: Scope, inputs: { readonly x: Tensor }) => {
    const hidden = scope.tap("hidden", mul(inputs.x, 2));
    const count = scope.state("count", [], constantOf(0));
    scope.update("count", add(count, 1));
    scope.auxiliary("size", 0.5, reduceSum(hidden));
    scope.tap("doubled", hidden);
    return { sum: reduceSum(inputs.x), hidden };
  };
  const plain = await apply(model, init(model, { x }), { x });
  expect(toNumbers(plain.output.sum)).toEqual([10]);
  expect(plain).toMatchObject({ taps: {}, auxiliaries: {} });
  expect(toNumbers(plain.states.count!)).toEqual([1]);
  const states = new Map(Object.entries(plain.states));
  const options = { taps: (name: string) => name === "hidden", auxiliaries: true };
  const asked = await apply(model, states, { x }, options);
  expect(Object.keys(asked.taps)).toEqual(["hidden"]);
  expect(toNumbers(asked.taps.hidden!)).toEqual([2, 4, 6, 8]);
  expect(asked.auxiliaries).toEqual({ size: 20 });
  expect(toNumbers(asked.states.count!)).toEqual([2]);
});

test("random numbers depend on the seed, and are drawn only in training", async () => {
  const noisy = (scope: Scope, inputs: { readonly x: Tensor }) => dropout(scope, inputs.x, 0.5);
  const run = async (options: object) =>
    toNumbers((await apply(noisy, new Map(), { x: array(Array<number>(64).fill(1)) }, options)).output); // biome-ignore format: one call
  const first = await run({ training: true });
  expect(new Set(first)).toEqual(new Set([0, 2]));
  expect(await run({ training: true })).toEqual(first);
  expect(await run({ training: true, seed: 1 })).not.toEqual(first);
  expect(new Set(await run({}))).toEqual(new Set([1]));
});

test("a compiled function accepts any batch size", async () => {
  using compiled = await compile(layer, { x: { dtype: "float32", shape: [batch(), 2] } });
  const one = await compiled.run(weights, { x: array([[1, 1]]) });
  expect(toNumbers(one.output)).toEqual([1, 15]);
  const two = await compiled.run(weights, { x });
  expect(two.output.shape).toEqual([2, 2]);
});

test("missing and misshapen weights are reported", async () => {
  await expect(apply(layer, new Map(), { x })).rejects.toThrow(
    'the weights have no tensor "fc.weight"; use the weights of this function, from init, fit or loadWeights',
  );
  const wrong = new Map([...weights, ["fc.bias", array([1])] as const]);
  await expect(apply(layer, wrong, { x })).rejects.toThrow(
    'the weights have "fc.bias" as [1], but for these inputs (x [2, 2]) the function needs [2]',
  );
});
