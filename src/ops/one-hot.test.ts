import { expect, test } from "vitest";
import { array, toNumbers } from "../graph/array.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { oneHot } from "./one-hot.ts";

test("one-hot classes along any axis; out-of-range classes are zeros", async () => {
  const [rows, columns, whole] = await evaluate(
    (i) => [oneHot(i, 3), oneHot(i, 3, { axis: 0 }), oneHot(i, 3, { dtype: "int64" })],
    [array([2, 0, 5], "int64")],
  );
  expect(rows!.shape).toEqual([3, 3]);
  expect(toNumbers(rows!)).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0]);
  expect(toNumbers(columns!)).toEqual([0, 1, 0, 0, 0, 0, 1, 0, 0]);
  expect(whole!.dtype).toBe("int64");
});

test("floating-point indices are refused", async () => {
  await expect(evaluate((x) => oneHot(x, 3), [array([1])])).rejects.toThrow(
    /one_hot: needs int64 indices and at least one class, got float32 and 3/,
  );
});
