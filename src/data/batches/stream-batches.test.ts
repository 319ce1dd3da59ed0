import { expect, test } from "vitest";
import { createTokenizer, learnTokenizer } from "../tokenizers/index.ts";
import { encodeStream } from "./stream-batches.ts";

test("a character that the tokenizer lacks is named with split, line and column", () => {
  const tokenizer = createTokenizer(learnTokenizer("character", ["abc\n"]));
  const text = "abc\nab\na\u{1F600}c";
  const set = { kind: "stream", name: "text-file", split: "validation", text } as const;
  expect(() => encodeStream(tokenizer, set)).toThrow(
    'text-file, validation split: character "\u{1F600}" (U+1F600) at line 3, column 2 of the text is none of the tokenizer\'s 4 characters',
  );
});
