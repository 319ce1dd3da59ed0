import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { evaluate, valueAndGradients } from "../runtime/evaluate.ts";
import { mul } from "./arithmetic.ts";
import { checkOperator, elementwise, randomArray } from "./check.fixture.ts";
import {
  cast,
  equal,
  greater,
  greaterOrEqual,
  less,
  lessOrEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  stopGradient,
  where,
} from "./compare.ts";

test("comparisons and logic, with ties", async () => {
  const results = await evaluate(
    (a, b) => {
      const [below, same] = [less(a, b), equal(a, b)];
      return [
        below,
        lessOrEqual(a, b),
        greater(a, b),
        greaterOrEqual(a, b),
        same,
        logicalAnd(below, same),
        logicalOr(below, same),
        logicalNot(below),
      ];
    },
    [array([1, 2, 3]), array([2, 2, 2])],
  );
  expect(results.every(({ dtype }) => dtype === "bool")).toBe(true);
  expect(results.map(toNumbers)).toEqual([
    [1, 0, 0],
    [1, 1, 0],
    [0, 0, 1],
    [0, 1, 1],
    [0, 1, 0],
    [0, 0, 0],
    [1, 1, 0],
    [0, 1, 1],
  ]);
});

test("comparisons accept integer numbers too", async () => {
  const [y] = await evaluate((x) => equal(x, -100), [array([3, -100], "int64")]);
  expect(toNumbers(y!)).toEqual([0, 1]);
});

test("where selects, broadcasts, and sends each gradient to one operand", async () => {
  await checkOperator({
    fn: (a, b, row) => [where(greater(a, 0), a, b), where(greater(row, 0), b, row)],
    reference: (a, b, row) => [
      elementwise((x, y) => (x! > 0 ? x! : y!))(a!, b!),
      elementwise((x, y) => (y! > 0 ? x! : y!))(b!, row!),
    ],
    inputs: [randomArray([2, 3], 1), randomArray([2, 1], 2), randomArray([3], 3)],
  });
});

test("casts round towards zero; gradients pass only between floating-point types", async () => {
  const [whole, back] = await evaluate(
    (x) => [cast(x, "int64"), cast(cast(x, "float64"), "float32")],
    [array([1.7, -1.7])],
  );
  expect(toNumbers(whole!)).toEqual([1, -1]);
  expect(toNumbers(back!).map(Math.fround)).toEqual([1.7, -1.7].map(Math.fround));
  const { gradients } = await valueAndGradients(
    (x) => mul(cast(cast(x, "float64"), "float32"), cast(cast(x, "int64"), "float32")),
    [array([2.5])],
    { weights: array([1]) },
  );
  expect(toNumbers(gradients[0]!)).toEqual([2]);
});

test("stopGradient makes its argument a constant", async () => {
  const { value, gradients } = await valueAndGradients(
    (x) => mul(x, stopGradient(x)),
    [array([3])],
    { weights: array([1]) },
  );
  expect(toNumbers(value)).toEqual([9]);
  expect(toNumbers(gradients[0]!)).toEqual([3]);
});
