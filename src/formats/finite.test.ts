import { expect, test } from "vitest";
import { array } from "../graph/array.ts";
import { toBfloat16 } from "../graph/bfloat16.ts";
import { notFinite } from "./finite.ts";

test("numbers that are not finite are counted, in every type of floats", () => {
  const values = [1, Number.NaN, 3, Number.NEGATIVE_INFINITY, -3e38];
  const sentence = "2 of 5 values are not finite, the first is NaN at 1";
  expect(notFinite(array(values))).toBe(sentence);
  expect(notFinite(array(values, "float64"))).toBe(sentence);
  const data = toBfloat16(Float32Array.from(values));
  expect(notFinite({ dtype: "bfloat16", shape: [5], data })).toBe(sentence);
  expect(notFinite(array([1, 2]))).toBeUndefined();
  expect(notFinite({ dtype: "bfloat16", shape: [2], data: data.subarray(2, 3) })).toBeUndefined();
  expect(notFinite(array([0x7f80], "int32"))).toBeUndefined();
});
