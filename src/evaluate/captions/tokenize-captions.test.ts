import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { tokenizeCaption } from "./tokenize-captions.ts";

const fixture = new URL("./fixtures/caption-scores.json", import.meta.url);
const { tokens } = JSON.parse(readFileSync(fixture, "utf8")) as {
  tokens: { text: string; words: string[] }[];
};

test.each(tokens)("matches the Penn Treebank: $text", ({ text, words }) => {
  expect(tokenizeCaption(text)).toEqual(words);
});

test("spaces, typographic quotes and marks without words leave no other tokens", () => {
  expect(tokenizeCaption("  The  dog\u2019s\tball\n")).toEqual(["the", "dog", "'s", "ball"]);
  expect(tokenizeCaption("He can't.The end")).toEqual(["he", "ca", "n't", "the", "end"]);
  expect(tokenizeCaption("dogs' -- 'play' ...")).toEqual(["dogs", "play"]);
  expect(tokenizeCaption("The dog 's ball is n't 'd'.")).toEqual([
    "the",
    "dog",
    "'s",
    "ball",
    "is",
    "n't",
    "d",
  ]);
  expect(tokenizeCaption(" . ")).toEqual([]);
});
