import { expect, test } from "vitest";
import { entropy, fractions } from "./distribution.ts";

test("hand-computed entropies, in nats", () => {
  expect(entropy([0.5, 0.5])).toBeCloseTo(Math.log(2), 12);
  expect(entropy([1, 0, 0])).toBeCloseTo(0, 12);
  expect(entropy([])).toBe(0);
});

test("fractions of the sum or of a given whole; zeros if it is zero", () => {
  expect(fractions([1, 3])).toEqual([0.25, 0.75]);
  expect(fractions([1, 3], 8)).toEqual([0.125, 0.375]);
  expect(fractions([0, 0])).toEqual([0, 0]);
});
