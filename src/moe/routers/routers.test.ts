import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { array, type NdArray, toNumbers } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { batch } from "../../graph/shape.ts";
import { zeros } from "../../nn/initializers.ts";
import { normalArray, runScoped } from "../../nn/scope.fixture.ts";
import { createScope, type Scope } from "../../nn/scope.ts";
import type { Routing } from "../routing.ts";
import { type AttentiveRouterOptions, attentiveRouter } from "./attentive.ts";
import { softmaxTopKRouter } from "./softmax-top-k.ts";

type Router = (scope: Scope, x: Tensor) => Routing;

const results = ({ ids, combineWeights, probabilities }: Routing) => ({
  ids,
  combineWeights,
  probabilities,
});

/** Runs a router with an identity weight, so that its input is its logits. */
async function route(router: Router, x: NdArray, values: Record<string, NdArray> = {}) {
  const [numTokens, width] = x.shape as [number, number];
  const { outputs } = await runScoped((scope, inputs) => results(router(scope, inputs.x!)), {
    inputs: { x },
    shapes: { x: [batch(numTokens), width] },
    values: { weight: identity(width), bias: array(Array<number>(width).fill(0)), ...values },
  });
  return outputs as Record<"ids" | "combineWeights" | "probabilities", NdArray>;
}

function identity(size: number): NdArray {
  return array(
    Array.from({ length: size }, (_, i) =>
      Array.from({ length: size }, (_, j) => (i === j ? 1 : 0)),
    ),
  );
}

function expectClose(actual: NdArray, expected: readonly number[]): void {
  const values = toNumbers(actual);
  expect(values.length).toBe(expected.length);
  for (const [i, value] of values.entries()) expect(value).toBeCloseTo(expected[i]!, 6);
}

// Two tokens and four experts, computed in float64: K-major results, first choices first.
const X = array([
  [2, 1, 0.5, -1],
  [0.1, 0.2, 0.3, 0.4],
]);
const options = { numExperts: 4, numSelectedExperts: 2 };

test.each<[string, Router]>([
  ["softmax-top-k", (scope, x) => softmaxTopKRouter(scope, x, options)],
  ["attentive, linear form", (scope, x) => attentiveRouter(scope, x, options)],
])("%s: normalised probabilities of the chosen experts", async (_, router) => {
  const { ids, combineWeights } = await route(router, X);
  expect(ids.shape).toEqual([2, 2]);
  expect(toNumbers(ids)).toEqual([0, 3, 1, 2]);
  expectClose(combineWeights, [0.7310585786, 0.5249791875, 0.2689414214, 0.4750208125]);
});

test("without normalisation the weights are the probabilities", async () => {
  const { combineWeights, probabilities } = await route(
    (scope, x) => softmaxTopKRouter(scope, x, { ...options, normalization: "none" }),
    X,
  );
  expectClose(combineWeights, [0.60946, 0.2886514, 0.2242078, 0.2611826]);
  const rows = toNumbers(probabilities);
  expect(rows.slice(0, 4).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
});

test("a sigmoid gate weights by the softmax of the chosen probabilities", async () => {
  const { ids, combineWeights } = await route(
    (scope, x) => attentiveRouter(scope, x, { ...options, gate: "sigmoid" }),
    array([[2, 1, 0.5, -1]]),
  );
  const [p0, p1] = [2, 1].map((logit) => 1 / (1 + Math.exp(-logit))) as [number, number];
  const first = 1 / (1 + Math.exp(p1 - p0));
  expect(toNumbers(ids)).toEqual([0, 1]);
  expectClose(combineWeights, [first, 1 - first]);
});

describe("attention form (commit e0c4f54 with an identity query)", () => {
  const tokens = array([
    [1, 0, 1, 0],
    [0, 1, 0, 1],
    [1, 1, 0, 0],
  ]);
  const values = {
    "query.weight": identity(4),
    "query.bias": array([0, 0, 0, 0]),
    expert_keys: array([
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0.5, 0.5, 0.5, 0.5],
    ]),
  };
  const form = { form: "attention", numExperts: 3, numSelectedExperts: 2 } as const;

  test("each token attends to the experts' keys; ties go to the lower index", async () => {
    const { ids, probabilities } = await route(
      (scope, x) => attentiveRouter(scope, x, form),
      tokens,
      values,
    );
    const [a, b, c] = [0.3836517, 0.2326965, 1 / 3];
    expectClose(probabilities, [a, b, a, b, a, a, c, c, c]);
    expect(toNumbers(ids)).toEqual([0, 1, 0, 2, 2, 1]);
  });

  test("pooled by sample, all tokens use the mean attention", async () => {
    const { ids, probabilities } = await route(
      (scope, x) => attentiveRouter(scope, x, { ...form, pool: "sample", numTokens: 3 }),
      tokens,
      values,
    );
    const mean = [0.3165605, 0.3165605, 0.3668789];
    expectClose(probabilities, [...mean, ...mean, ...mean]);
    expect(toNumbers(ids)).toEqual([2, 2, 2, 0, 0, 0]);
  });

  test("padding is excluded from the mean of its sample, unless the sample has only padding", async () => {
    const mean = async (kept: readonly boolean[]) => {
      const mask = array([...kept], "bool");
      const { outputs } = await runScoped(
        (scope, inputs) => {
          const pooled = { ...form, pool: "sample", numTokens: 3, mask: inputs.mask! } as const;
          return results(attentiveRouter(scope, inputs.x!, pooled));
        },
        { inputs: { x: tokens, mask }, values },
      );
      return array(toNumbers(outputs.probabilities!).slice(0, 3));
    };
    const [a, b] = [0.3836517, 0.2326965];
    expectClose(await mean([true, true, false]), [(a + b) / 2, (a + b) / 2, a]);
    expectClose(await mean([false, true, false]), [b, a, a]);
    expectClose(await mean([false, false, false]), [0.3165605, 0.3165605, 0.3668789]);
  });
});

test("unavailable experts are never chosen", async () => {
  const { ids, probabilities } = await route(
    (scope, x) => attentiveRouter(scope, x, { ...options, available: [false, true, false, true] }),
    X,
  );
  expect(toNumbers(ids)).toEqual([1, 3, 3, 1]);
  expect(toNumbers(probabilities)[0]).toBe(0);
});

test("noise is drawn only in training", () => {
  const randoms = (training: boolean): string[] => {
    const { scope, trace } = createScope({ training });
    const x = scope.parameter("x", [2, 4], zeros);
    attentiveRouter(scope.child("router"), x, { ...options, noisy: true });
    return [...trace.randoms.keys()];
  };
  expect(randoms(true)).toEqual(["router.noise"]);
  expect(randoms(false)).toEqual([]);
});

test.each([0, 5])("choosing %i of four experts is refused", (numSelectedExperts) => {
  const { scope } = createScope({ training: false });
  const x = scope.parameter("x", [2, 4], zeros);
  expect(() => softmaxTopKRouter(scope, x, { numExperts: 4, numSelectedExperts })).toThrow(
    `num_selected_experts must be between 1 and the number of experts (4), got ${numSelectedExperts}`,
  );
});

const forms: readonly Partial<AttentiveRouterOptions>[] = [
  {},
  { gate: "sigmoid" },
  { form: "attention" },
];

test("each token has the K best experts, without repeats, with positive weights of sum 1", async () => {
  const cases = fc.record({
    numTokens: fc.integer({ min: 1, max: 12 }),
    numExperts: fc.integer({ min: 1, max: 7 }),
    selected: fc.double({ min: 0, max: 1, noNaN: true }),
    seed: fc.nat(1000),
    form: fc.constantFrom(...forms),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ numTokens: N, numExperts: E, selected, seed, form }) => {
      const K = 1 + Math.floor(selected * (E - 1));
      const { outputs } = await runScoped(
        (scope, { x }) =>
          results(attentiveRouter(scope, x!, { ...form, numExperts: E, numSelectedExperts: K })),
        { inputs: { x: normalArray("x", [N, 6], seed) } },
      );
      const [ids, weights, p] = ["ids", "combineWeights", "probabilities"].map((name) =>
        toNumbers(outputs[name]!),
      ) as [number[], number[], number[]];
      for (let n = 0; n < N; n++) {
        const chosen = Array.from({ length: K }, (_, k) => ids[k * N + n]!);
        expect(new Set(chosen).size).toBe(K);
        const row = p.slice(n * E, (n + 1) * E);
        const lowest = Math.min(...chosen.map((e) => row[e]!));
        for (const [e, value] of row.entries()) {
          if (!chosen.includes(e)) expect(value).toBeLessThanOrEqual(lowest);
        }
        const own = Array.from({ length: K }, (_, k) => weights[k * N + n]!);
        expect(Math.min(...own)).toBeGreaterThan(0);
        expect(own.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      }
    }),
    { numRuns: 40 },
  );
});
