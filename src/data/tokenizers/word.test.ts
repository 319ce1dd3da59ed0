import fc from "fast-check";
import { expect, test } from "vitest";
import { createTokenizer, learnTokenizer } from "./index.ts";
import { splitWords } from "./word.ts";

test("words keep inner apostrophes and accents; punctuation is separate", () => {
  expect(splitWords("It isn't a na\u00EFve 3.5-metre dog's\u2026 'tail'!")).toEqual([
    ...["it", "isn't", "a", "na\u00EFve", "3", ".", "5", "-", "metre", "dog's", "\u2026"],
    ...["'", "tail", "'", "!"],
  ]);
  expect(splitWords(" \n\t")).toEqual([]);
});

test("the most frequent words, ties by code unit, specials counted in the size", () => {
  // the 3, dog 2, cat 2, ran 1, saw 1: six tokens are four words, pad and unknown.
  const texts = ["The dog saw the cat", "the cat ran dog"];
  const tokenizer = createTokenizer(learnTokenizer("word", texts, { vocabularySize: 6 }));
  expect(tokenizer.state).toEqual({
    kind: "word",
    words: ["the", "cat", "dog", "ran"],
    specials: ["pad", "unknown"],
  });
  expect(tokenizer).toMatchObject({ vocabularySize: 6, padId: 4, unknownId: 5 });
  expect(tokenizer.encode("THE bird ran")).toEqual([0, 5, 3]);
  expect(tokenizer.decode([0, 5, 3, 4])).toBe("the \uFFFD ran");
});

test("rare words can be excluded, and too small vocabularies are refused", () => {
  const texts = ["a a b"];
  expect(learnTokenizer("word", texts, { minimumCount: 2 })).toMatchObject({ words: ["a"] });
  expect(() => learnTokenizer("word", texts, { vocabularySize: 2 })).toThrow(
    "a word tokenizer with 2 special tokens has a vocabulary of 3 to 65536, got 2",
  );
});

test("an unknown word is refused if there is no unknown token", () => {
  const tokenizer = createTokenizer(learnTokenizer("word", ["a dog"], { specials: [] }));
  expect(() => tokenizer.encode("a big dog")).toThrow(
    `word 2 of the text, "big", is none of the tokenizer's 2 words`,
  );
});

test("decoded text has the same tokens and no space before closing marks", () => {
  const known = createTokenizer(learnTokenizer("word", ["well , isn't it 3.5 ?"]));
  expect(known.decode(known.encode("Well, isn't it 3.5?"))).toBe("well, isn't it 3. 5?");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const tokenizer = createTokenizer(learnTokenizer("word", [text]));
      const ids = tokenizer.encode(text);
      expect(tokenizer.encode(tokenizer.decode(ids))).toEqual(ids);
    }),
  );
});
