import { allocate } from "../../graph/array.ts";
import type { TextDataset } from "../dataset.ts";
import { readSample } from "../read-sample.ts";
import type { BatchMaker, BatchOptions } from "./batch.ts";
import { requireContextLength, requireTokenizer, tokenRows } from "./token-rows.ts";

/** Batches of labelled sentences: `tokens` `[B, L]`, `lengths` `[B]`, `labels` `[B]`. */
export function textBatches(dataset: TextDataset, options: BatchOptions): BatchMaker {
  const tokenizer = requireTokenizer(options);
  const length = requireContextLength(options);
  return {
    length: dataset.length,
    fields: {
      tokens: { dtype: "int64", shape: [length] },
      lengths: { dtype: "int64", shape: [] },
      labels: { dtype: "int64", shape: [] },
    },
    make({ step, epoch, indices }) {
      const samples = Array.from(indices, (index) => readSample(dataset, index));
      const labels = allocate("int64", [indices.length]);
      samples.forEach(({ label }, row) => {
        labels.data[row] = BigInt(label);
      });
      const texts = samples.map(({ text }) => text);
      const placeOf = (row: number): string =>
        `${dataset.name} ${dataset.split}, sample ${indices[row]}`;
      const rows = tokenRows(tokenizer, texts, length, placeOf);
      return { step, epoch, indices, arrays: { ...rows, labels } };
    },
  };
}
