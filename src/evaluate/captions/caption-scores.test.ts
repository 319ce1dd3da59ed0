import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { captionScores } from "./caption-scores.ts";
import { ciderScores } from "./cider.ts";
import { rougeL } from "./rouge-l.ts";
import { tokenizeCaption } from "./tokenize-captions.ts";

interface Case {
  readonly candidates: string[];
  readonly references: string[][];
  readonly bleu: number[];
  readonly nltkBleu: number[] | null;
  readonly rougeL: number;
  readonly rougeLs: number[];
  readonly cider: number;
  readonly ciders: number[];
}
const fixture = new URL("./fixtures/caption-scores.json", import.meta.url);
const { cases } = JSON.parse(readFileSync(fixture, "utf8")) as { cases: Case[] };

test.each([...cases.entries()])("case %i matches the scores of coco-caption and NLTK", (_, one) => {
  const { bleu1, bleu2, bleu3, bleu4, ...others } = captionScores(one.candidates, one.references);
  for (const [at, score] of [bleu1, bleu2, bleu3, bleu4].entries()) {
    if (one.nltkBleu !== null) expect(score).toBeCloseTo(one.nltkBleu[at]!, 12);
    expect(score).toBeCloseTo(one.bleu[at]!, 7); // coco-caption adds 1e-9 to the counts
  }
  expect(others.rouge_l).toBeCloseTo(one.rougeL, 12);
  expect(others.cider).toBeCloseTo(one.cider, 12);
  const words = one.candidates.map(tokenizeCaption);
  const references = one.references.map((own) => own.map(tokenizeCaption));
  ciderScores(words, references).forEach((score, at) => {
    expect(score).toBeCloseTo(one.ciders[at]!, 12);
    expect(rougeL(words[at]!, references[at]!)).toBeCloseTo(one.rougeLs[at]!, 12);
  });
});

test("case, spaces and punctuation have no effect", () => {
  const references = [["A dog runs on the grass."], ["Two cats, asleep."]];
  const plain = captionScores(["a dog runs on the grass", "two cats asleep"], references);
  expect(plain).toMatchObject({ bleu1: 1, bleu4: 1, rouge_l: 1 });
  expect(captionScores(["A DOG  runs on the grass !", '"Two" cats asleep'], references)).toEqual(
    plain,
  );
});

test("an empty candidate lowers the scores", () => {
  const scores = captionScores(["a dog runs", ""], [["a dog runs"], ["a cat sits"]]);
  expect(scores.bleu1).toBeCloseTo(Math.exp(-1), 12);
  expect(scores.rouge_l).toBe(0.5);
  const none = { bleu1: 0, bleu2: 0, bleu3: 0, bleu4: 0, rouge_l: 0, cider: 0 };
  expect(captionScores([""], [["a"]])).toEqual(none);
});

test("samples without references, and no samples, are rejected", () => {
  expect(() => captionScores(["a", "b"], [["a"], []])).toThrow(
    "sample 2 of 2 has no reference caption",
  );
  expect(() => captionScores([], [])).toThrow("caption scores need at least one sample");
  expect(() => captionScores(["a"], [])).toThrow("got 1 candidates and 0 lists of references");
});
