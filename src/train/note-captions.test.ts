import { expect, test } from "vitest";
import { openShapes } from "../data/shapes/index.ts";
import { createTokenizer, learnTokenizer } from "../data/tokenizers/index.ts";
import { noteCaptions } from "./note-captions.ts";

test("captions that exceed the context are counted once, without drawing images", () => {
  const dataset = openShapes({ name: "shapes", split: "train", length: 50, objects: [3, 3] });
  const captions = Array.from({ length: 50 }, (_, i) => dataset.captionsOf!(i)[0]!);
  expect(captions).toEqual(Array.from({ length: 50 }, (_, i) => dataset.get(i).captions![0]!));
  const tokenizer = createTokenizer(learnTokenizer("word", captions));
  const told = (contextLength: number): string[] => {
    const notes: string[] = [];
    noteCaptions(dataset, tokenizer, contextLength, (note) => notes.push(note));
    return notes;
  };
  expect(told(64)).toEqual([]);
  const [note = "", ...others] = told(8);
  expect(others).toEqual([]);
  expect(note).toMatch(/^50 of 50 texts truncated to 8 tokens/);
});
