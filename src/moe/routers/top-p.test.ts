import fc from "fast-check";
import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { zeros } from "../../nn/initializers.ts";
import { createScope } from "../../nn/scope.ts";
import { checkOperators, randomArray } from "../../ops/check.fixture.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import {
  best,
  expectValues,
  normalized,
  parts,
  route,
  rowsOf,
  softmaxOf,
  sumOf,
  transposed,
  valuesOf,
} from "./routers.fixture.ts";
import { topPRouter, topPRouting } from "./top-p.ts";

const logitsOf = (rows: readonly (readonly number[])[]) =>
  array(rows.map((row) => row.map(Math.log)));

test("the fewest experts that reach the probability (hand-computed)", async () => {
  const probabilities = [
    [0.05, 0.45, 0.15, 0.25, 0.1],
    [0.9, 0.025, 0.025, 0.025, 0.025],
    [0.2, 0.2, 0.2, 0.2, 0.2],
  ];
  const [ids, weights] = await evaluate(
    (x) => parts(topPRouting(x!, { probability: 0.7 })),
    [logitsOf(probabilities)],
  );
  expect(rowsOf({ shape: [5, 3], data: toNumbers(ids!) })).toEqual(
    transposed([
      [1, 3, 5, 5, 5],
      [0, 5, 5, 5, 5],
      [0, 1, 2, 3, 5],
    ]),
  );
  expectValues(
    weights,
    transposed([
      [0.45, 0.25, 0, 0, 0],
      [0.9, 0, 0, 0, 0],
      [0.2, 0.2, 0.2, 0.2, 0],
    ]).flat(),
  );
});

test("at most maxSelectedExperts, renormalised on request", async () => {
  const [ids, weights] = await evaluate(
    (x) =>
      parts(topPRouting(x!, { probability: 0.99, maxSelectedExperts: 2, normalization: "sum" })),
    [logitsOf([[0.1, 0.4, 0.3, 0.2]])],
  );
  expect(toNumbers(ids!)).toEqual([1, 2]);
  expectValues(weights, [4 / 7, 3 / 7]);
});

test("probability 1 uses all experts up to the maximum", async () => {
  const { ids } = await route(
    (scope, x) => topPRouter(scope, x, { numExperts: 3, probability: 1 }),
    randomArray([4, 2], 1),
  );
  for (const row of transposed(rowsOf({ shape: [3, 4], data: toNumbers(ids!) }))) {
    expect([...row].sort()).toEqual([0, 1, 2]);
  }
});

test.each([0, 1.01, Number.NaN])("probability %d is refused", (probability) => {
  const logits = createScope({ training: false }).scope.state("x", [2, 4], zeros);
  expect(() => topPRouting(logits, { probability })).toThrow(
    `the probability of top-p routing must be in (0, 1], got ${probability}`,
  );
});

test("chosen probabilities reach the threshold, but not without the last one", async () => {
  const cases = fc.record({
    probability: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
    seed: fc.nat(999),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ probability, seed }) => {
      const [ids, weights] = await evaluate(
        (x) => parts(topPRouting(x!, { probability })),
        [randomArray([6, 5], seed)],
      );
      const chosen = transposed(rowsOf({ shape: [5, 6], data: toNumbers(ids!) }));
      for (const [n, row] of transposed(
        rowsOf({ shape: [5, 6], data: toNumbers(weights!) }),
      ).entries()) {
        const count = chosen[n]!.filter((e) => e < 5).length;
        expect(new Set(chosen[n]!.slice(0, count)).size).toBe(count);
        expect(sumOf(row)).toBeGreaterThan(probability - 1e-5);
        expect(sumOf(row.slice(0, count - 1))).toBeLessThan(probability + 1e-5);
        expect(row.slice(count)).toEqual(row.slice(count).map(() => 0));
      }
    }),
    { numRuns: 20 },
  );
});

test("gradients of both normalisations", async () => {
  await checkOperators(
    (["none", "sum"] as const).map((normalization) => ({
      fn: (x) => parts(topPRouting(x!, { probability: 0.6, normalization })),
      inputs: [randomArray([5, 4], 7)],
      reference: (x) => {
        const p = rowsOf(x!).map(softmaxOf);
        const rows = p.map((row) => {
          const order = best(row, 4);
          const kept = order.map((e, k) =>
            sumOf(order.slice(0, k).map((f) => row[f]!)) < 0.6 ? e : 4,
          );
          const weights = kept.map((e) => row[e] ?? 0);
          return { kept, weights: normalization === "sum" ? normalized(weights) : weights };
        });
        return [
          valuesOf(transposed(rows.map(({ kept }) => kept))),
          valuesOf(transposed(rows.map(({ weights }) => weights))),
          valuesOf(p),
        ];
      },
    })),
  );
});
