import { describe, expect, test } from "vitest";
import type { Batch } from "../../data/batches/batch.ts";
import { createTokenizer } from "../../data/tokenizers/index.ts";
import { array, type NdArray } from "../../graph/array.ts";
import { passageCollector } from "./token-traces.ts";

const letters = "abcdefghijklmnopqrstuvwxyz";
const tokenizer = createTokenizer({ kind: "character", characters: letters, specials: [] });
const layers = ["moe"];
const E = 7;

/** Rows of tokens; a token's first expert is its id modulo 7, its weight the id over 100. */
function batch(
  indices: readonly number[],
  rows: readonly (readonly number[])[],
  lengths: number[],
) {
  const flat = rows.flat();
  const outputs: Record<string, NdArray> = {
    "moe.ids": array([flat.map((id) => id % E), flat.map(() => 0)], "int64"),
    "moe.combine_weights": array([flat.map((id) => id / 100), flat.map(() => 0)]),
    "moe.probabilities": array(flat.map(() => Array<number>(E).fill(0))),
  };
  const arrays = {
    tokens: array(
      rows.map((row) => [...row]),
      "int64",
    ),
    lengths: array(lengths, "int64"),
  };
  const data: Batch = { step: 0, epoch: 0, indices: Int32Array.from(indices), arrays };
  return [outputs, data] as const;
}

describe("passages", () => {
  /** Reads `numWindows` windows of `size` letters, in alphabetical order, in batches of 5. */
  function record(numWindows: number, size: number) {
    const passages = passageCollector(tokenizer, numWindows, size);
    for (let first = 0; first < numWindows; first += 5) {
      const indices = Array.from({ length: Math.min(5, numWindows - first) }, (_, i) => first + i);
      const rows = indices.map((w) => Array.from({ length: size }, (_, i) => (w * size + i) % 26));
      const lengths = indices.map(() => size);
      passages.see(...batch(indices, rows, lengths), layers);
    }
    return passages.result();
  }

  test("join consecutive windows, across batches", () => {
    const traces = record(60, 16);
    expect(traces.map(({ tokens }) => tokens.length)).toEqual([128, 128, 128]);
    for (const [i, { tokens, layers }] of traces.entries()) {
      const ids = Array.from({ length: 128 }, (_, at) => (i * 20 * 16 + at) % 26);
      expect(tokens.join("")).toBe(ids.map((id) => letters[id]).join(""));
      expect(layers).toHaveLength(1);
      expect(layers[0]!.ids[0]).toEqual(ids.map((id) => id % E));
      expect(layers[0]!.combineWeights![0]![5]).toBeCloseTo(ids[5]! / 100, 6);
      expect(layers[0]!.numExperts).toBe(E);
    }
  });

  test("cover all windows of a short text, and are limited for a long one", () => {
    expect(record(2, 10).map(({ tokens }) => tokens.join(""))).toEqual([
      "abcdefghij",
      "klmnopqrst",
    ]);
    expect(record(7, 4).map(({ tokens }) => tokens.length)).toEqual([8, 8, 8]);
    expect(record(3, 200).map(({ tokens }) => tokens.length)).toEqual([128, 128, 128]);
  });
});

test("a model without routing has no traces", () => {
  const passages = passageCollector(tokenizer, 3, 4);
  passages.see(...batch([0], [[1, 2, 3, 4]], [4]), []);
  expect(passages.result()).toEqual([]);
});
