/** Helpers for tests of routers: runs of scope functions, and float64 references. */
import { expect } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { batch } from "../../graph/shape.ts";
import { runScoped } from "../../nn/scope.fixture.ts";
import { createScope, type Scope } from "../../nn/scope.ts";
import type { Values } from "../../ops/check.fixture.ts";
import type { Routing } from "../routing.ts";

/** Two tokens and four experts; expected values are computed in float64. */
export const X: NdArray<"float32"> = array([
  [2, 1, 0.5, -1],
  [0.1, 0.2, 0.3, 0.4],
]);

export const identity = (size: number): NdArray<"float32"> =>
  array(
    Array.from({ length: size }, (_, i) => Array.from({ length: size }, (_, j) => Number(i === j))),
  );

/** Runs a router on `x` with a symbolic batch of one token per sample. */
export async function route(
  router: (scope: Scope, x: Tensor) => object,
  x: NdArray,
  options: { values?: Record<string, NdArray>; training?: boolean } = {},
): Promise<Record<string, NdArray>> {
  const [numTokens, width] = x.shape as [number, number];
  const { outputs } = await runScoped((scope, inputs) => tensorsOf(router(scope, inputs.x!)), {
    inputs: { x },
    shapes: { x: [batch(numTokens), width] },
    ...options,
  });
  return outputs;
}

/** The tensors among the fields of a routing. */
export function tensorsOf(routing: object): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(routing).filter(
      ([, value]) => typeof value === "object" && value !== null && "graph" in value,
    ),
  );
}

/** Names of the random tensors that a router requests. */
export function randomsOf(
  router: (scope: Scope, x: Tensor) => unknown,
  training: boolean,
  shape: readonly number[] = [2, 4],
): string[] {
  const { scope, trace } = createScope({ training });
  router(
    scope,
    scope.state("input", shape, (_, s) => new Float32Array(s.length)),
  );
  return [...trace.randoms.keys()];
}

export function expectValues(
  actual: NdArray | undefined,
  expected: readonly number[],
  digits = 6,
): void {
  const found = toNumbers(actual!);
  expect(found.length).toBe(expected.length);
  for (const [i, value] of found.entries()) expect(value).toBeCloseTo(expected[i]!, digits);
}

/** Ids, weights and probabilities, compared by tests of token choice. */
export const parts = ({ ids, combineWeights, probabilities }: Routing): Tensor[] => [
  ids,
  combineWeights,
  probabilities,
];

export function rowsOf({ shape, data }: Values): number[][] {
  const width = shape.at(-1)!;
  return Array.from({ length: data.length / width }, (_, n) =>
    Array.from({ length: width }, (_, e) => data[n * width + e]!),
  );
}

export const valuesOf = (rows: readonly (readonly number[])[]): Values => ({
  shape: [rows.length, rows[0]!.length],
  data: rows.flat(),
});

export const transposed = (rows: readonly (readonly number[])[]): number[][] =>
  rows[0]!.map((_, k) => rows.map((row) => row[k]!));

export const sumOf = (row: readonly number[]): number => row.reduce((sum, value) => sum + value, 0);

export function softmaxOf(row: readonly number[]): number[] {
  const powers = row.map((value) => Math.exp(value - Math.max(...row)));
  return powers.map((power) => power / sumOf(powers));
}

export const normalized = (row: readonly number[]): number[] =>
  row.map((value) => value / sumOf(row));

/** Indices of the `k` largest, best first; ties go to the lower index. */
export const best = (row: readonly number[], k: number): number[] =>
  row
    .map((_, e) => e)
    .sort((a, b) => row[b]! - row[a]! || a - b)
    .slice(0, k);

/** Token choice from selection scores and a rule for the weights of the chosen experts. */
export function choose(
  scores: readonly (readonly number[])[],
  k: number,
  weigh: (row: number, chosen: readonly number[]) => readonly number[],
  probabilities: readonly (readonly number[])[],
): Values[] {
  const ids = scores.map((row) => best(row, k));
  const weights = ids.map((chosen, n) => weigh(n, chosen));
  return [valuesOf(transposed(ids)), valuesOf(transposed(weights)), valuesOf(probabilities)];
}
