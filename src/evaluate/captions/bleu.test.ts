import { expect, test } from "vitest";
import { bleuScores } from "./bleu.ts";

const split = (text: string): string[] => text.split(" ").filter(Boolean);
const bleu = (candidates: string[], references: string[][]) =>
  bleuScores(
    candidates.map(split),
    references.map((own) => own.map(split)),
  );

/** Papineni et al. 2002, section 2, examples 1 and 2. */
const catReferences = ["the cat is on the mat", "there is a cat on the mat"];
const guideReferences = [
  "It is a guide to action that ensures that the military will forever heed Party commands",
  "It is the guiding principle which guarantees the military forces always being under the command of the Party",
  "It is the practical guide for the army always to heed the directions of the party",
];
const guideCandidates = [
  "It is a guide to action which ensures that the military always obeys the commands of the party",
  "It is to insure the troops forever hearing the activity guidebook that party direct",
];

test("a repeated word is clipped at its count in one reference: 2 of 7", () => {
  // Seven words, the length of the second reference: no brevity penalty.
  const [bleu1, bleu2] = bleu(["the the the the the the the"], [catReferences]);
  expect(bleu1).toBeCloseTo(2 / 7, 12);
  expect(bleu2).toBe(0);
});

test("the paper's two candidates: 17/18 and 8/14 words, 10/17 and 1/13 pairs", () => {
  const [first1, first2] = bleu([guideCandidates[0]!], [guideReferences]);
  expect(first1).toBeCloseTo(17 / 18, 12);
  expect(first2).toBeCloseTo(Math.sqrt((17 / 18) * (10 / 17)), 12);
  const brevity = Math.exp(1 - 16 / 14); // references of 16, 18 and 16 words
  const [second1, second2] = bleu([guideCandidates[1]!], [guideReferences]);
  expect(second1).toBeCloseTo((brevity * 8) / 14, 12);
  expect(second2).toBeCloseTo(brevity * Math.sqrt((8 / 14) * (1 / 13)), 12);
});

test("the two sentences of NLTK's corpus_bleu: 0.5920", () => {
  const reference = "he was interested in world history because he read the book";
  const candidate = "he read the book because he was interested in world history";
  const [, bleu2, bleu3, bleu4] = bleu(
    [guideCandidates[0]!, candidate],
    [guideReferences, [reference]],
  );
  expect(bleu2).toBeCloseTo(0.8242, 3);
  expect(bleu3).toBeCloseTo(0.7067, 3); // its weights are .333, .333, .334
  expect(Math.floor(bleu4 * 1e4)).toBe(5920);
});

test("the closest reference length is used, the shorter in ties", () => {
  // Four words between references of two and six: ties use two, so there is no penalty.
  expect(bleu(["a b c d"], [["a b c d e f", "a b"]])[3]).toBeCloseTo(1, 12);
  expect(bleu(["a b c d"], [["a b c d e f"]])[3]).toBeCloseTo(Math.exp(1 - 6 / 4), 12);
});

test("candidates without words, and orders without n-grams, score 0", () => {
  expect(bleu([""], [["a b"]])).toEqual([0, 0, 0, 0]);
  expect(bleu(["a"], [["a"]])).toEqual([1, 0, 0, 0]);
  // An empty candidate adds its reference's words to the reference length.
  expect(bleu(["a b", ""], [["a b"], ["c d"]])[0]).toBeCloseTo(Math.exp(-1), 12);
});
