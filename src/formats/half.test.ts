import { expect, test } from "vitest";
import { bfloat16ToNumber, float16ToNumber, widenToFloat32 } from "./half.ts";

test("float16: one, the largest value, the smallest subnormal, infinities and NaN", () => {
  expect(float16ToNumber(0x3c00)).toBe(1);
  expect(float16ToNumber(0xc000)).toBe(-2);
  expect(float16ToNumber(0x7bff)).toBe(65504);
  expect(float16ToNumber(0x0001)).toBe(2 ** -24);
  expect(float16ToNumber(0x0400)).toBe(2 ** -14);
  expect(float16ToNumber(0x8000)).toBe(-0);
  expect(float16ToNumber(0xfc00)).toBe(Number.NEGATIVE_INFINITY);
  expect(float16ToNumber(0x7e00)).toBeNaN();
});

test("float16: finite values increase with their bits, for all 31744 values", () => {
  let previous = -1;
  for (let bits = 0; bits < 0x7c00; bits++) {
    const value = float16ToNumber(bits);
    if (!(value > previous) || float16ToNumber(bits | 0x8000) !== -value) {
      expect.fail(`bits 0x${bits.toString(16)} give ${value} after ${previous}`);
    }
    previous = value;
  }
  expect(previous).toBe(65504);
});

test("bfloat16 is the upper half of a float32", () => {
  expect(bfloat16ToNumber(0x3f80)).toBe(1);
  expect(bfloat16ToNumber(0xc049)).toBe(-3.140625);
  expect(bfloat16ToNumber(0x7f80)).toBe(Number.POSITIVE_INFINITY);
});

test("widening reads bytes at odd offsets", () => {
  const bytes = new Uint8Array([9, 0x00, 0x3c, 0x00, 0xc0]).subarray(1);
  expect(widenToFloat32(bytes, float16ToNumber)).toEqual(new Float32Array([1, -2]));
});
