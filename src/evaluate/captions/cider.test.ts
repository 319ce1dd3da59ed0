import { expect, test } from "vitest";
import { ciderScores } from "./cider.ts";

const split = (text: string): string[] => text.split(" ").filter(Boolean);
const cider = (candidates: string[], references: string[][]): number[] =>
  ciderScores(
    candidates.map(split),
    references.map((own) => own.map(split)),
  );

test("a candidate equal to its references scores 10, one without a common word 0", () => {
  const references = [["a b c d e", "a b c d e"], ["f g h i j"]];
  expect(cider(["a b c d e", "v w x y z"], references)).toEqual([expect.closeTo(10, 12), 0]);
});

test("by hand: two samples, common words have no weight, repetition and length are penalised", () => {
  const references = [["the dog"], ["the cat"]];
  // Order 1: "the" weighs log(2/2) = 0, "dog" log 2. Candidate "the dog dog" has 2 log 2, clipped to
  // log 2: log2 * log2 / (2 log2 * log2) = 1/2. Order 2: pairs "the dog" (in one reference: log 2)
  // and "dog dog" (in none: log 2): log2 * log2 / (sqrt(2) log2 * log2) = 1/sqrt 2. Orders 3, 4: 0.
  const penalty = Math.exp(-1 / 72);
  expect(cider(["the dog dog", "the"], references)).toEqual([
    expect.closeTo((10 * penalty * (1 / 2 + Math.SQRT1_2)) / 4, 12),
    0,
  ]);
});

test("each reference of a sample contributes", () => {
  const [one] = cider(["a b c d", ""], [["a b c d", "w x y z"], ["q"]]);
  expect(one).toBeCloseTo(5, 12);
});

test("a single sample has zero weights, so its score is 0; an empty candidate scores 0", () => {
  expect(cider(["a b c d"], [["a b c d"]])).toEqual([0]);
  expect(cider(["", "a"], [["a b"], ["c", ""]])).toEqual([0, 0]);
});
