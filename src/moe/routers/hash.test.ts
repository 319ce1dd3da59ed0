import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { batch } from "../../graph/shape.ts";
import { runScoped } from "../../nn/scope.fixture.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { balancedHashTable, hashRouting, hashTable, tokenPositions } from "./hash.ts";
import { expectValues, parts, rowsOf } from "./routers.fixture.ts";

test("modulo: expert key mod E, then the following ones", () => {
  const table = hashTable(5, { numExperts: 3, numSelectedExperts: 2, map: "modulo" });
  expect(rowsOf({ shape: table.shape, data: toNumbers(table) })).toEqual([
    [0, 1],
    [1, 2],
    [2, 0],
    [0, 1],
    [1, 2],
  ]);
});

test("random: determined by the seed, even over experts, without repeats", () => {
  const options = { numExperts: 8, numSelectedExperts: 2 };
  const table = hashTable(8000, options);
  expect(toNumbers(hashTable(8000, options))).toEqual(toNumbers(table));
  expect(toNumbers(hashTable(8000, { ...options, seed: 1 }))).not.toEqual(toNumbers(table));
  const counts = new Array<number>(8).fill(0);
  for (const [first, second] of rowsOf({ shape: table.shape, data: toNumbers(table) })) {
    expect(first).not.toBe(second);
    counts[first!]!++;
  }
  // Binomial with mean 1000 and standard deviation 30.
  expect(Math.min(...counts)).toBeGreaterThan(850);
  expect(Math.max(...counts)).toBeLessThan(1150);
});

test("balanced: frequent keys first, each to the least loaded expert (hand-computed)", () => {
  expect(toNumbers(balancedHashTable([1, 5, 3, 3, 2], 2))).toEqual([1, 0, 1, 1, 0]);
});

test("ids come from the table; weights are equal", async () => {
  const table = hashTable(5, { numExperts: 3, numSelectedExperts: 2, map: "modulo" });
  const [ids, weights, p] = await evaluate(
    (keys) => parts(hashRouting(keys!, table, 3)),
    [array([4, 2], "int64")],
  );
  expect(toNumbers(ids!)).toEqual([1, 2, 2, 0]);
  expect(toNumbers(weights!)).toEqual([0.5, 0.5, 0.5, 0.5]);
  expectValues(p, [0, 0.5, 0.5, 0.5, 0, 0.5]);
});

test("positions restart in each sample", async () => {
  const { outputs } = await runScoped((_, { x }) => ({ positions: tokenPositions(x!, 3) }), {
    inputs: { x: array(Array.from({ length: 6 }, () => [Number.NaN, 1])) },
    shapes: { x: [batch(3), 2] },
  });
  expect(toNumbers(outputs.positions!)).toEqual([0, 1, 2, 0, 1, 2]);
});

test("more selected experts than experts are refused", () => {
  expect(() => hashTable(4, { numExperts: 2, numSelectedExperts: 3 })).toThrow(
    "num_selected_experts must be between 1 and the number of experts (2), got 3",
  );
});
