import { expect, test } from "vitest";
import { array } from "../../graph/array.ts";
import { checkOperator, randomArray } from "../../ops/check.fixture.ts";
import { lossOf, maskOf, rowsOf, scalarOf } from "./losses.fixture.ts";
import { zLoss } from "./z-loss.ts";

const logits = array([
  [2, 1, 0.5, -1],
  [0.1, 0.2, 0.3, 0.4],
]);

test("mean and sum, computed in float64", async () => {
  expect(await lossOf((x) => zLoss(x), [logits])).toBeCloseTo(4.4619278, 5);
  expect(await lossOf((x) => zLoss(x, { reduction: "sum" }), [logits])).toBeCloseTo(8.9238557, 5);
});

test("with one of two tokens, without tokens, and with large logits", async () => {
  const run = (kept: number[], reduction: "mean" | "sum") =>
    lossOf((x, mask) => zLoss(x, { reduction, mask }), [logits, maskOf(kept)]);
  for (const reduction of ["mean", "sum"] as const) {
    expect(await run([0, 1], reduction)).toBeCloseTo(1.6425355295 ** 2, 5);
    expect(await run([0, 0], reduction)).toBe(0);
  }
  expect(await lossOf((x) => zLoss(x), [array([[200, -1e9]])])).toBeCloseTo(40000, 0);
});

test.each(["mean", "sum"] as const)("gradient by differences, %s", async (reduction) => {
  await checkOperator({
    fn: (x, mask) => zLoss(x, { reduction, mask: mask! }),
    reference: (x, mask) => {
      const squares = rowsOf(x!)
        .filter((_, n) => mask!.data[n] === 1)
        .map((row) => Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) ** 2);
      const sum = squares.reduce((total, square) => total + square, 0);
      return scalarOf(reduction === "sum" ? sum : sum / squares.length);
    },
    inputs: [randomArray([4, 3], 1), maskOf([1, 1, 0, 1])],
  });
});
