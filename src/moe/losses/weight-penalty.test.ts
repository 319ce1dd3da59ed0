import { expect, test } from "vitest";
import { array } from "../../graph/array.ts";
import { checkOperator, randomArray } from "../../ops/check.fixture.ts";
import { lossOf, scalarOf } from "./losses.fixture.ts";
import { l1Penalty, l2Penalty, weightPenalty } from "./weight-penalty.ts";

const weight = array([
  [1, -2],
  [0, 3],
]);

test("sums of magnitudes and of squares", async () => {
  expect(await lossOf((w) => l1Penalty(w), [weight])).toBe(6);
  expect(await lossOf((w) => l2Penalty(w), [weight])).toBe(14);
  expect(await lossOf((w) => weightPenalty(w, { l1: 0.5, l2: 0.25 }), [weight])).toBe(6.5);
  expect(await lossOf((w) => weightPenalty(w, {}), [weight])).toBe(0);
});

test("penalties of several weights are summed", async () => {
  const inputs = [weight, array([-4])];
  expect(await lossOf((...weights) => l1Penalty(weights), inputs)).toBe(10);
  expect(await lossOf((...weights) => weightPenalty(weights, { l2: 1 }), inputs)).toBe(30);
  expect(() => l2Penalty([])).toThrow("a penalty needs at least one weight");
});

test("gradient matches finite differences", async () => {
  await checkOperator({
    fn: (w) => weightPenalty(w, { l1: 0.5, l2: 0.25 }),
    reference: (w) =>
      scalarOf(Array.from(w!.data).reduce((sum, x) => sum + 0.5 * Math.abs(x) + 0.25 * x * x, 0)),
    inputs: [randomArray([3, 4], 2)],
  });
});
