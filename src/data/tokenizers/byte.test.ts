import fc from "fast-check";
import { expect, test } from "vitest";
import { createTokenizer, learnTokenizer } from "./index.ts";

const tokenizer = createTokenizer(learnTokenizer("byte", []));

test("UTF-8 bytes between start and end", () => {
  expect(tokenizer).toMatchObject({ vocabularySize: 259, padId: 256, startId: 257, endId: 258 });
  expect(tokenizer.encode("aé")).toEqual([257, 97, 0xc3, 0xa9, 258]);
  expect(tokenizer.encode("")).toEqual([257, 258]);
});

test("every text is decoded unchanged, including a byte order mark", () => {
  expect(tokenizer.decode(tokenizer.encode("\uFEFFa"))).toBe("\uFEFFa");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }),
  );
});

test("a truncated character becomes a replacement character, also before a special token", () => {
  expect(tokenizer.decode([97, 0xc3])).toBe("a\uFFFD");
  expect(tokenizer.decode([0xc3, 258, 0xa9], { skipSpecial: false })).toBe("\uFFFD<end>\uFFFD");
});
