import fc from "fast-check";
import { expect, test } from "vitest";
import { createTokenizer, learnTokenizer } from "./index.ts";

test("ids are positions among the sorted characters, followed by special tokens", () => {
  const state = learnTokenizer("character", ["hello", "\u{1F600} \uFB01"], {
    specials: ["pad", "unknown", "start", "end"],
  });
  // Sorted by code point: U+FB01 before U+1F600, although its UTF-16 unit is the larger one.
  expect(state).toMatchObject({ kind: "character", characters: " ehlo\uFB01\u{1F600}" });
  const tokenizer = createTokenizer(state);
  expect(tokenizer).toMatchObject({
    vocabularySize: 11,
    padId: 7,
    unknownId: 8,
    startId: 9,
    endId: 10,
  });
  expect(tokenizer.encode("ho\u{1F600}?")).toEqual([9, 2, 4, 6, 8, 10]);
  expect(tokenizer.decode([9, 2, 4, 6, 8, 10, 7])).toBe("ho\u{1F600}\uFFFD");
  expect(tokenizer.decode([9, 2, 8, 10, 7], { skipSpecial: false })).toBe(
    "<start>h<unknown><end><pad>",
  );
});

test("without specials, the vocabulary contains only the characters", () => {
  const tokenizer = createTokenizer(learnTokenizer("character", ["to be"]));
  expect(tokenizer.vocabularySize).toBe(5);
  expect(tokenizer.encode("bet")).toEqual([1, 2, 4]);
  expect(tokenizer.encode("")).toEqual([]);
  expect([tokenizer.padId, tokenizer.unknownId, tokenizer.endId]).toEqual([
    0,
    undefined,
    undefined,
  ]);
});

test("an unknown character is refused with its position if there is no unknown token", () => {
  const tokenizer = createTokenizer(learnTokenizer("character", ["caf\u{1F600}"]));
  expect(() => tokenizer.encode("\u{1F600}afé")).toThrow(
    `character "é" (U+00E9) at position 4 of the text is none of the tokenizer's 4 characters`,
  );
});

test("training text is decoded unchanged", () => {
  const learnt = fc.string({ unit: "binary", minLength: 1 });
  fc.assert(
    fc.property(fc.array(learnt, { minLength: 1 }), (texts) => {
      const state = JSON.parse(JSON.stringify(learnTokenizer("character", texts)));
      const tokenizer = createTokenizer(state);
      for (const text of texts) expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }),
  );
});

test("invalid states and ids are refused", () => {
  const broken = { kind: "character", characters: "aba", specials: [] } as const;
  expect(() => createTokenizer(broken)).toThrow('character "a" (U+0061) twice');
  const tokenizer = createTokenizer({ kind: "character", characters: "ab", specials: ["pad"] });
  expect(() => tokenizer.decode([0, 3])).toThrow("token ids are 0 to 2, got 3");
  expect(() => tokenizer.decode([-1])).toThrow(RangeError);
  expect(() => learnTokenizer("character", [], { specials: ["pad", "pad"] })).toThrow(
    "special tokens must differ, got pad, pad",
  );
});
