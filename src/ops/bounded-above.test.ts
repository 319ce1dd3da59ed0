import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { valueAndGradients } from "../runtime/evaluate.ts";
import { boundedAbove } from "./bounded-above.ts";
import { checkOperator, elementwise } from "./check.fixture.ts";

test("below the bound, values and gradients equal the identity; values above it equal the bound", async () => {
  await checkOperator({
    fn: (x) => boundedAbove(x!, 2),
    reference: elementwise((x) => Math.min(x!, 2)),
    inputs: [array([-3, 0.5, 1.9])],
  });
  const { value } = await valueAndGradients((x) => boundedAbove(x, 2), [array([2, 2.5, 9])], {
    weights: array([1, 1, 1]),
  });
  expect(toNumbers(value)).toEqual([2, 2, 2]);
});

test("at and beyond the bound, only gradients that lead back pass", async () => {
  const { gradients } = await valueAndGradients(
    (x) => boundedAbove(x, 2),
    [array([1, 1, 2, 2, 5, 5])],
    { weights: array([-3, 3, -3, 3, -3, 3]) },
  );
  expect(toNumbers(gradients[0]!)).toEqual([-3, 3, 0, 3, 0, 3]);
});
