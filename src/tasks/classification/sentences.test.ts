import { expect, test } from "vitest";
import type { Batch } from "../../data/batches/batch.ts";
import { createTokenizer } from "../../data/tokenizers/index.ts";
import { array } from "../../graph/array.ts";
import { sentenceCollector } from "./sentences.ts";

const characters = "abcdefghijklmnopqrstuvwxyz";
const tokenizer = createTokenizer({ kind: "character", characters, specials: [] });
const E = 7;

test("sentences are drawn evenly by class, without their padding", () => {
  const rows = [
    [1, 2, 0],
    [3, 0, 0],
    [4, 5, 6],
    [7, 8, 0],
  ];
  const flat = rows.flat();
  const outputs = {
    logits: array(rows.map(() => [0, 1])),
    "moe.ids": array([flat.map((id) => id % E), flat.map(() => 0)], "int64"),
    "moe.combine_weights": array([flat.map((id) => id / 100), flat.map(() => 0)]),
    "moe.probabilities": array(flat.map(() => Array<number>(E).fill(0))),
  };
  const arrays = {
    tokens: array(rows, "int64"),
    lengths: array([2, 1, 3, 2], "int64"),
    labels: array([0, 0, 1, 0], "int64"),
  };
  const batch: Batch = { step: 0, epoch: 0, indices: Int32Array.of(0, 1, 2, 3), arrays };
  const sentences = sentenceCollector(tokenizer, 2);
  sentences.see(outputs, batch, ["moe"]);
  const traces = sentences.result();
  expect(traces.map(({ tokens, label, predicted }) => [tokens.join(""), label, predicted])).toEqual(
    [
      ["bc", 0, 1],
      ["efg", 1, 1],
      ["hi", 0, 1],
    ],
  );
  expect(traces[1]!.layers[0]!.ids[0]).toEqual([4, 5, 6]);
});
