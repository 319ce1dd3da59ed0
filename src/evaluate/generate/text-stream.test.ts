import { describe, expect, test } from "vitest";
import { createTokenizer, learnTokenizer } from "../../data/tokenizers/index.ts";
import { promptTokens, tokenTexts } from "./prompt.ts";
import { checkTextOptions, continuation, textStream } from "./text-stream.ts";

const letters = "abcdef";
const decode = (ids: readonly number[]): string => ids.map((id) => letters[id]).join("");
const idsOf = (text: string): number[] => [...text].map((letter) => letters.indexOf(letter));

/** The new text after each token of `text`. */
function pieces(text: string, stopTexts: readonly string[]): string[] {
  const stream = textStream([], { decode, stopTexts });
  const shown: string[] = [];
  for (const [at, id] of idsOf(text).entries()) {
    const { text: piece, stopped } = stream.add([id], at + 1 === text.length);
    shown.push(piece);
    if (stopped) return [...shown, "stopped"];
  }
  return shown;
}

describe("stop texts", () => {
  test("end the text before them, at any token boundary", () => {
    expect(pieces("abcdef", ["cd"])).toEqual(["a", "b", "", "", "stopped"]);
    expect(pieces("abcdef", ["ef", "c"])).toEqual(["a", "b", "", "stopped"]);
  });

  test("hold back their possible start until it is ruled out", () => {
    expect(pieces("accdcb", ["ccb"])).toEqual(["a", "", "", "ccd", "", "cb"]);
    expect(pieces("acc", ["ccb"])).toEqual(["a", "", "cc"]);
  });

  test("inside a token truncate it", () => {
    const words = ["to ", "be. Or"];
    const options = {
      decode: (ids: readonly number[]) => ids.map((id) => words[id]).join(""),
      stopTexts: ["."],
    };
    expect(continuation([0], [1], options)).toEqual({ text: "be", stopped: true });
    expect(continuation([], [0], options)).toEqual({ text: "to ", stopped: false });
  });

  test("require decode and a character", () => {
    expect(() => checkTextOptions({ stopTexts: ["a"] })).toThrow("stopTexts requires decode");
    expect(() => checkTextOptions({ decode, stopTexts: [""] })).toThrow("at least one character");
  });
});

test("words continue the prompt after a space", () => {
  const tokenizer = createTokenizer(learnTokenizer("word", ["to be, or not to be"]));
  const prompt = promptTokens(tokenizer, "to be");
  const more = tokenizer.encode(", or not");
  const options = { decode: (ids: readonly number[]) => tokenizer.decode(ids) };
  expect(continuation(prompt, more, options).text).toBe(", or not");
  expect(continuation(prompt, more.slice(1), options).text).toBe(" or not");
});

describe("prompts", () => {
  const specials = ["start", "end"] as const;
  test("start with the start token and do not end with the end token", () => {
    const bytes = createTokenizer({ kind: "byte", specials });
    expect(promptTokens(bytes, "hi")).toEqual([256, 104, 105]);
    expect(promptTokens(bytes, "")).toEqual([256]);
    expect(tokenTexts(bytes, [256, 104, 257])).toEqual(["<start>", "h", "<end>"]);
  });

  test("without tokens or with unknown characters are rejected", () => {
    const tokenizer = createTokenizer({ kind: "character", characters: "ab", specials: [] });
    expect(() => promptTokens(tokenizer, "")).toThrow('the prompt "" has no tokens');
    expect(() => promptTokens(tokenizer, "aé")).toThrow(
      'character "é" (U+00E9) at position 2 of the text is none of the tokenizer\'s 2 characters',
    );
  });
});
