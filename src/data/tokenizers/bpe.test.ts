import fc from "fast-check";
import { expect, test } from "vitest";
import { splitPieces } from "./bpe.ts";
import { createHeap } from "./heap.ts";
import { createTokenizer, learnTokenizer, type TokenizerState } from "./index.ts";

const code = (character: string): number => character.charCodeAt(0);

/** Learns by recounting all pairs for each merge: slow, but simple enough to verify. */
function learnSlowly(texts: readonly string[], maxMerges: number): [number, number][] {
  let words = texts
    .flatMap((text) => splitPieces(text, false))
    .map((piece) => [...new TextEncoder().encode(piece)]);
  const merges: [number, number][] = [];
  while (merges.length < maxMerges) {
    const counts = new Map<string, { pair: [number, number]; count: number }>();
    for (const word of words) {
      for (let at = 0; at + 1 < word.length; at++) {
        const pair: [number, number] = [word[at]!, word[at + 1]!];
        counts.set(`${pair}`, { pair, count: (counts.get(`${pair}`)?.count ?? 0) + 1 });
      }
    }
    const [best] = [...counts.values()]
      .filter(({ count }) => count >= 2)
      .sort((a, b) => b.count - a.count || a.pair[0] - b.pair[0] || a.pair[1] - b.pair[1]);
    if (best === undefined) break;
    const joined = 256 + merges.push(best.pair) - 1;
    words = words.map((word) => {
      const merged: number[] = [];
      for (const token of word) {
        if (merged.at(-1) === best.pair[0] && token === best.pair[1]) merged.splice(-1, 1, joined);
        else merged.push(token);
      }
      return merged;
    });
  }
  return merges;
}

test("the most frequent pair is merged first; ties go to the smaller ids", () => {
  // "low" 3 times, " lower" 2 times: l-o and o-w 5 times each; l-o has the smaller left id.
  const state = learnTokenizer("bpe", ["low lower", "low", "low lower"], { vocabularySize: 260 });
  expect(state).toMatchObject({
    merges: [
      [code("l"), code("o")],
      [256, code("w")],
      [code(" "), 257],
    ],
  });
  const tokenizer = createTokenizer(state);
  expect(tokenizer.vocabularySize).toBe(260);
  expect(tokenizer.padId).toBe(259);
  expect(tokenizer.encode("low lower")).toEqual([257, 258, code("e"), code("r")]);
});

test("learning matches recounting, also for repeated letters", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "b", " ", "é", "!", "1") });
  fc.assert(
    fc.property(fc.array(text, { maxLength: 8 }), (texts) => {
      const state = learnTokenizer("bpe", texts, { vocabularySize: 270, specials: [] });
      expect(state).toMatchObject({ merges: learnSlowly(texts, 14) });
    }),
  );
});

test("the order of texts has no effect", () => {
  const texts = ["a stitch in time saves nine", "in nine times", "time and tide", "saves a stitch"];
  const state = learnTokenizer("bpe", texts, { vocabularySize: 280 });
  expect(learnTokenizer("bpe", texts.toReversed(), { vocabularySize: 280 })).toEqual(state);
});

test("every text is decoded unchanged, for any training texts", () => {
  const state = learnTokenizer("bpe", ["the cat sat on the mat", "the naïve café"]);
  const tokenizer = createTokenizer(JSON.parse(JSON.stringify(state)) as TokenizerState);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(splitPieces(text, false).join("")).toBe(text);
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
    }),
  );
  for (const text of ["", " ".repeat(200), "x".repeat(200), `the  cat${"\n".repeat(70)}9999`]) {
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  }
});

test("lower case is part of the state", () => {
  const options = { lowerCase: true, vocabularySize: 258 };
  const tokenizer = createTokenizer(learnTokenizer("bpe", ["AB ab"], options));
  expect(tokenizer.encode("Ab")).toEqual([256]);
  expect(tokenizer.decode(tokenizer.encode("Ab"))).toBe("ab");
});

test("damaged merges are refused", () => {
  const state = (merges: [number, number][]): TokenizerState => ({
    kind: "bpe",
    merges,
    lowerCase: false,
    specials: [],
  });
  expect(() => createTokenizer(state([[97, 256]]))).toThrow(
    "merge 0 joins tokens 97 and 256, but only 0 to 255 exist before it",
  );
  const doubling = Array.from({ length: 40 }, (_, at): [number, number] =>
    at === 0 ? [97, 97] : [255 + at, 255 + at],
  );
  expect(() => createTokenizer(state(doubling))).toThrow("more than 1024 bytes");
});

test("a heap pops its values in order", () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), (values) => {
      const heap = createHeap<number>((a, b) => a - b);
      for (const value of values) heap.push(value);
      const popped = values.map(() => heap.pop());
      expect(popped).toEqual(values.toSorted((a, b) => a - b));
      expect(heap.pop()).toBeUndefined();
    }),
  );
});

test("byte pairs of one long word are learnt with progress, in time that grows with its length", () => {
  const letters = Array.from(
    { length: 300_000 },
    (_, i) => code("a") + (((i * i * 7 + i) % 997) % 26),
  );
  const word = String.fromCharCode(...letters.slice(0, 60_000)).repeat(5);
  const progress: [number, number][] = [];
  const onProgress = (done: number, total: number) => progress.push([done, total]);
  const started = performance.now();
  learnTokenizer("bpe", [word], { vocabularySize: 1000, onProgress });
  expect(performance.now() - started).toBeLessThan(15_000);
  expect(progress.slice(0, 2)).toEqual([
    [1, 743],
    [2, 743],
  ]);
});
