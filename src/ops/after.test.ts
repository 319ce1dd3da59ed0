import { expect, test } from "vitest";
import { gradients } from "../autodiff/gradients.ts";
import { allocate, array, toNumbers } from "../graph/array.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { after, zeroAfter } from "./after.ts";
import { mul } from "./arithmetic.ts";
import { reduceSum } from "./reduce.ts";

test("values of every type and shape pass unchanged, for any awaited tensor", async () => {
  const values = [
    array([
      [1, -2],
      [3, Number.NaN],
    ]),
    array(7),
    array([5, 6, 7], "int64"),
    array([true, false], "bool"),
    allocate("float32", [0, 3]),
  ];
  const awaited = [
    array([[Number.NaN, 1]]),
    array(Number.POSITIVE_INFINITY),
    allocate("float32", [2, 0]),
  ];
  const results = await evaluate(
    (...all) => {
      const zero = zeroAfter(all.slice(values.length));
      return [...all.slice(0, values.length).map((x) => after(x, zero)), zero];
    },
    [...values, ...awaited],
  );
  for (const [i, value] of values.entries()) {
    expect(results[i]!.shape).toEqual(value.shape);
    expect(results[i]!.data).toEqual(value.data);
  }
  expect(results.at(-1)).toEqual(array(0, "int64"));
});

test("the gradient flows to the value, and not to awaited tensors", async () => {
  const [dx, dy] = await evaluate(
    (x, y) => gradients(reduceSum(mul(after(x, zeroAfter([y])), 3)), [x, y]),
    [array([1, 2]), array([4])],
  );
  expect(toNumbers(dx!)).toEqual([3, 3]);
  expect(toNumbers(dy!)).toEqual([0]);
});
