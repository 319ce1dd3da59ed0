import { expect, test } from "vitest";
import { splitRows, splitStream } from "./split.ts";

const sizes = { validationSize: 3, testSize: 2, seed: 0 };

test("rows of the splits are disjoint, complete, ordered and determined by the seed", () => {
  const split = (name: "train" | "validation" | "test", seed = 0): number[] => [
    ...splitRows("x", name, 20, { ...sizes, seed }),
  ];
  const parts = [split("train"), split("validation"), split("test")];
  expect(parts.map((part) => part.length)).toEqual([15, 3, 2]);
  expect(parts.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, at) => at));
  for (const part of parts) expect(part).toEqual(part.toSorted((a, b) => a - b));
  expect(split("test")).toEqual(parts[2]);
  expect(split("train", 1)).not.toEqual(parts[0]);
});

test("another validation size does not change the test rows", () => {
  const test = splitRows("x", "test", 20, sizes);
  expect(splitRows("x", "test", 20, { ...sizes, validationSize: 9 })).toEqual(test);
});

test("too large sizes and empty splits are refused", () => {
  expect(() => splitRows("x", "train", 5, sizes)).toThrow(
    "x: validation_size 3 and test_size 2 leave none of 5 rows for training",
  );
  expect(() => splitRows("x", "test", 20, { ...sizes, testSize: 0 })).toThrow(
    "x: the test split is empty; set test_size above 0",
  );
  expect(() => splitRows("x", "train", 20, { ...sizes, testSize: 0.5 })).toThrow(
    "x: test_size must be an integer of at least 0, got 0.5",
  );
});

test("a text is split into its beginning, middle and end", () => {
  const part = (split: "train" | "validation" | "test", v: number, t: number): string =>
    splitStream("x", split, "0123456789abc", { validationFraction: v, testFraction: t }).text;
  // floor(.9 * 13) = 11, floor(.8 * 13) = 10.
  expect([part("train", 0.1, 0), part("validation", 0.1, 0)]).toEqual(["0123456789a", "bc"]);
  expect([part("train", 0.1, 0.1), part("validation", 0.1, 0.1), part("test", 0.1, 0.1)]).toEqual([
    "0123456789",
    "a",
    "bc",
  ]);
  expect(() => part("test", 0.1, 0)).toThrow("x: the test split is empty; set test_fraction above");
  expect(() => part("train", 0.5, 0.5)).toThrow("lower the other fractions");
  expect(() => part("train", 1, 0)).toThrow("validation_fraction must be from 0 to below 1, got 1");
});

test("a split never cuts a character", () => {
  const half = { validationFraction: 0.5, testFraction: 0 };
  const text = "\u{1F600}".repeat(3); // 6 UTF-16 units, the middle is within the second pair
  expect(splitStream("x", "train", text, half).text).toBe("\u{1F600}".repeat(2));
  expect(splitStream("x", "validation", text, half).text).toBe("\u{1F600}");
});
