import { expect, test } from "vitest";
import { rougeL } from "./rouge-l.ts";

const rouge = (candidate: string, ...references: string[]): number =>
  rougeL(
    candidate.split(" ").filter(Boolean),
    references.map((reference) => reference.split(" ").filter(Boolean)),
  );

test("the examples of Lin 2004, section 3.1: 3/4 and 2/4", () => {
  const reference = "police killed the gunman";
  expect(rouge("police kill the gunman", reference)).toBeCloseTo(3 / 4, 12);
  expect(rouge("the gunman kill police", reference)).toBeCloseTo(2 / 4, 12);
  // Only one of the two common pairs counts.
  expect(rouge("the gunman police killed", reference)).toBeCloseTo(2 / 4, 12);
});

test("recall has 1.44 times the weight of precision", () => {
  // P = 2/2, R = 2/4.
  expect(rouge("a c", "a b c d")).toBeCloseTo((2.44 * 1 * 0.5) / (0.5 + 1.44 * 1), 12);
  expect(rouge("a b c d", "a c")).toBeCloseTo((2.44 * 0.5 * 1) / (1 + 1.44 * 0.5), 12);
});

test("with several references the best precision and the best recall are used", () => {
  // P = 3/3 with the first, R = 2/2 with the second.
  expect(rouge("a b c", "a b c d e", "a c")).toBeCloseTo(1, 12);
});

test("no common words, or no words at all, score 0", () => {
  expect(rouge("x y", "a b")).toBe(0);
  expect(rouge("", "a b")).toBe(0);
  expect(rouge("a", "")).toBe(0);
  expect(rouge("a", "", "a")).toBe(1);
});
