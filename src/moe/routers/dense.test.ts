import { expect, test } from "vitest";
import { array, toNumbers } from "../../graph/array.ts";
import { checkOperator, randomArray } from "../../ops/check.fixture.ts";
import { denseRouter, denseRouting } from "./dense.ts";
import {
  expectValues,
  identity,
  route,
  rowsOf,
  softmaxOf,
  valuesOf,
  X,
} from "./routers.fixture.ts";

test("every expert has its softmax weight", async () => {
  const { combineWeights } = await route(
    (scope, x) => denseRouter(scope, x, { numExperts: 4 }),
    X,
    { values: { weight: identity(4), bias: array([0, 0, 0, 0]) } },
  );
  const rows = rowsOf({ shape: [2, 4], data: toNumbers(X) });
  expectValues(combineWeights, rows.flatMap(softmaxOf));
});

test("an MLP gate: a ReLU layer, then the experts", async () => {
  const { logits } = await route(
    (scope, x) => denseRouter(scope, x, { numExperts: 2, hiddenWidths: [4] }),
    X,
    {
      values: {
        "0.weight": identity(4),
        "0.bias": array([0, 0, -1, 0]),
        "1.weight": array([
          [1, 1, 1, 1],
          [0, 0, 1, -1],
        ]),
        "1.bias": array([0.5, 0]),
      },
    },
  );
  // Hidden [2, 1, 0, 0] and [0.1, 0.2, 0, 0.4].
  expectValues(logits, [3.5, 0, 1.2, -0.4]);
});

test("one expert has weight 1", async () => {
  const { combineWeights } = await route((scope, x) => denseRouter(scope, x, { numExperts: 1 }), X);
  expect(toNumbers(combineWeights!)).toEqual([1, 1]);
});

test("gradients", async () => {
  await checkOperator({
    fn: (x) => denseRouting(x!).combineWeights,
    inputs: [randomArray([4, 3], 1)],
    reference: (x) => valuesOf(rowsOf(x!).map(softmaxOf)),
  });
});
