import { expect, test } from "vitest";
import { bfloat16ToNumber } from "../graph/bfloat16.ts";
import {
  float8E4M3ToNumber,
  float8E5M2ToNumber,
  float8E8M0ToNumber,
  float16ToNumber,
  narrowTypes,
  widenToFloat32,
} from "./narrow.ts";

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
  expect(widenToFloat32(bytes, narrowTypes.get("F16")!)).toEqual(new Float32Array([1, -2]));
});

test("float8 E4M3: one, the largest and smallest values, NaN", () => {
  expect([0x38, 0xb8, 0x7e, 0x01, 0x08, 0x80].map(float8E4M3ToNumber)).toEqual([
    1,
    -1,
    448,
    2 ** -9,
    2 ** -6,
    -0,
  ]);
  expect(float8E4M3ToNumber(0x7f)).toBeNaN();
});

test("float8 E5M2 and E8M0", () => {
  expect([0x3c, 0x7b, 0x01, 0xfc].map(float8E5M2ToNumber)).toEqual([1, 57344, 2 ** -16, -Infinity]);
  expect([127, 0, 130].map(float8E8M0ToNumber)).toEqual([1, 2 ** -127, 8]);
  expect(float8E8M0ToNumber(255)).toBeNaN();
});

test("bytes with a sign", () => {
  const bytes = new Uint8Array([1, 0x80, 0xff]);
  expect([...widenToFloat32(bytes, narrowTypes.get("I8")!)]).toEqual([1, -128, -1]);
});

test("bfloat16 numbers widen at any offset, into given memory", () => {
  const bf16 = narrowTypes.get("BF16")!;
  const bytes = Uint8Array.of(9, 0x80, 0x3f, 0x49, 0xc0); // 1 and -3.140625, from the second byte on
  expect(widenToFloat32(bytes.subarray(1), bf16)).toEqual(new Float32Array([1, -3.140625]));
  const target = new Float32Array(4);
  widenToFloat32(bytes.subarray(1), bf16, target.subarray(1, 3));
  expect([...target]).toEqual([0, 1, -3.140625, 0]);
});
