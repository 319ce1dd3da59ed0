/** A mixture layer with given weights, for tests of changed experts. */
import { expect } from "vitest";
import { allocate, type NdArray } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { input } from "../../graph/inputs.ts";
import { normalArray, runScoped } from "../../nn/scope.fixture.ts";
import { createScope, type Scope } from "../../nn/scope.ts";
import { denseDispatcher } from "../dispatch/dense.ts";
import { type Dispatcher, droplessDispatcher } from "../dispatch/dropless.ts";
import { applyExperts } from "../experts.ts";
import { denseRouter } from "../routers/dense.ts";
import { softmaxTopKRouter } from "../routers/softmax-top-k.ts";
import type { Normalization } from "../routing.ts";
import type { Tensors } from "./layout.ts";

export const D = 5;
export const N = 12;
export const x: NdArray<"float32"> = normalArray("x", [N, D]);

type LayerFunction = (scope: Scope, x: Tensor) => Readonly<Record<string, Tensor>>;

/** `y` and the results `f_e` of a layer at `moe`; every expert processes every token. */
export function denseLayer(numExperts: number): LayerFunction {
  return (root, tokens) => {
    const scope = root.child("moe");
    const routing = denseRouter(scope.child("router"), tokens, { numExperts });
    const dispatcher = denseDispatcher(routing);
    const { y, results } = experts(scope, tokens, dispatcher);
    const named = results.map((result, e) => [`f${e}`, result] as const);
    return { y, p: routing.combineWeights, ...Object.fromEntries(named) };
  };
}

/** `y` and the chosen experts `ids` of a layer at `moe` with softmax top-k routing. */
export function topKLayer(
  numExperts: number,
  numSelectedExperts: number,
  normalization: Normalization = "sum",
): LayerFunction {
  return (root, tokens) => {
    const scope = root.child("moe");
    const options = { numExperts, numSelectedExperts, normalization };
    const routing = softmaxTopKRouter(scope.child("router"), tokens, options);
    const { y } = experts(scope, tokens, droplessDispatcher(routing));
    return { y, ids: routing.ids, weights: routing.combineWeights, p: routing.probabilities };
  };
}

function experts(scope: Scope, tokens: Tensor, dispatcher: Dispatcher) {
  const inputs = dispatcher.dispatch(tokens);
  const results = applyExperts(scope.child("experts"), inputs, { hiddenWidth: 7 }, dispatcher);
  return { y: dispatcher.combine(results), results };
}

/** Normal values for every parameter and state of a function. */
export function weightsOf(
  fn: (scope: Scope, x: Tensor) => unknown,
  seed = 0,
  shape: readonly number[] = [N, D],
): Map<string, NdArray> {
  const { scope, trace } = createScope({ training: false });
  fn(scope, input(trace.graph, "x", { dtype: "float32", shape }));
  const specs = [...trace.parameters.values(), ...trace.states.values()];
  return new Map(specs.map(({ name, shape }) => [name, normalArray(name, shape, seed)]));
}

export async function runLayer(
  fn: LayerFunction,
  weights: Tensors,
  inputs: NdArray = x,
): Promise<Readonly<Record<string, NdArray>>> {
  const { trace, outputs } = await runScoped((scope, given) => fn(scope, given.x!), {
    inputs: { x: inputs },
    values: Object.fromEntries(weights),
  });
  const known = [...trace.parameters.keys(), ...trace.states.keys()];
  expect(new Set(weights.keys())).toEqual(new Set(known));
  return outputs;
}

/** Rows of a float array `[N, ...]`. */
export function rowsOf({ shape, data }: NdArray): number[][] {
  const width = data.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, n) =>
    Array.from({ length: width }, (_, i) => Number(data[n * width + i])),
  );
}

export function columnOf(source: NdArray, column: number): number[] {
  return rowsOf(source).map((row) => row[column]!);
}

export function expectRows(
  actual: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
  tolerance = 1e-5,
): void {
  expect(actual.length).toBe(expected.length);
  for (const [n, row] of expected.entries()) {
    expect(actual[n]!.length).toBe(row.length);
    const error = Math.max(...row.map((value, i) => Math.abs(value - actual[n]![i]!)));
    expect(error, `row ${n}`).toBeLessThan(tolerance);
  }
}

export function shapesOf(tensors: Tensors): Record<string, readonly number[]> {
  return Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
}

/** A copy with some overwritten entries of one tensor. */
export function withEntries(
  tensors: Tensors,
  name: string,
  set: (data: Float32Array) => void,
): Map<string, NdArray> {
  const source = tensors.get(name)!;
  const changed = allocate("float32", source.shape);
  changed.data.set(source.data as Float32Array);
  set(changed.data);
  return new Map([...tensors, [name, changed]]);
}
