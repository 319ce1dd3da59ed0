import { expect, test } from "vitest";
import { array, toNumbers } from "./array.ts";
import { bfloat16ToNumber, numberToBfloat16, toBfloat16 } from "./bfloat16.ts";

test("every bfloat16 number but NaN is its own nearest", () => {
  for (let bits = 0; bits < 2 ** 16; bits++) {
    const value = bfloat16ToNumber(bits);
    if (Number.isNaN(value)) expect(bfloat16ToNumber(numberToBfloat16(value))).toBeNaN();
    else expect(numberToBfloat16(value)).toBe(bits);
  }
});

test("halves round to the even neighbour, and beyond the largest number lies infinity", () => {
  // Between 1 and 2 the step is 2^-7.
  const rounded = (value: number) => bfloat16ToNumber(numberToBfloat16(value));
  expect(rounded(1 + 2 ** -8)).toBe(1);
  expect(rounded(1 + 3 * 2 ** -8)).toBe(1 + 2 ** -6);
  expect(rounded(1 + 2 ** -8 + 2 ** -20)).toBe(1 + 2 ** -7);
  expect(rounded(-1.005)).toBe(-1.0078125);
  expect(rounded(3.4e38)).toBe(Number.POSITIVE_INFINITY);
});

test("arrays hold the bits, and give their values", () => {
  const values = array(
    [
      [1.005, -2],
      [0, 0.1],
    ],
    "bfloat16",
  );
  expect(values.data).toEqual(toBfloat16(Float32Array.of(1.005, -2, 0, 0.1)));
  expect(toNumbers(values)).toEqual([1.0078125, -2, 0, 0.10009765625]);
});
