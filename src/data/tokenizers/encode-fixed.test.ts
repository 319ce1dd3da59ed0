import { expect, test } from "vitest";
import { createTokenizer, encodeFixed, learnTokenizer, type TokenizerState } from "./index.ts";

const bytes = createTokenizer(learnTokenizer("byte", []));
const characters = (specials: ("pad" | "unknown")[]): TokenizerState =>
  learnTokenizer("character", ["abc"], { specials });

test("a short text is padded, and a fitting one is not truncated", () => {
  expect(encodeFixed(bytes, "ab", 6)).toEqual({
    ids: Int32Array.of(257, 97, 98, 258, 256, 256),
    length: 4,
    cut: false,
  });
  expect(encodeFixed(bytes, "ab", 4)).toMatchObject({ length: 4, cut: false });
});

test("a long text is truncated and keeps its end token", () => {
  expect(encodeFixed(bytes, "abcdef", 4)).toEqual({
    ids: Int32Array.of(257, 97, 98, 258),
    length: 4,
    cut: true,
  });
  const plain = createTokenizer(characters(["pad"]));
  expect(encodeFixed(plain, "abcabc", 2)).toEqual({
    ids: Int32Array.of(0, 1),
    length: 2,
    cut: true,
  });
});

test("an empty text has at least one token", () => {
  expect(encodeFixed(bytes, "", 3)).toMatchObject({ ids: Int32Array.of(257, 258, 256), length: 2 });
  const row = (specials: ("pad" | "unknown")[]): unknown =>
    encodeFixed(createTokenizer(characters(specials)), "", 2);
  expect(row(["pad", "unknown"])).toEqual({ ids: Int32Array.of(4, 3), length: 1, cut: false });
  expect(row(["pad"])).toEqual({ ids: Int32Array.of(3, 3), length: 1, cut: false });
});

test("a row of length 0 is refused", () => {
  expect(() => encodeFixed(bytes, "a", 0)).toThrow("at least 1, got 0");
});

test("unknown kinds are refused by name", () => {
  expect(() => createTokenizer({ kind: "morse" } as unknown as TokenizerState)).toThrow(
    'unknown tokenizer "morse"; known are character, byte, word, bpe, clip and hub',
  );
  expect(() => learnTokenizer("clip" as "bpe", [])).toThrow('kind "clip" cannot be learned');
  expect(() => createTokenizer({ kind: "clip", file: "x.json", sha256: "" })).toThrow(
    "open it with openTokenizer",
  );
});
