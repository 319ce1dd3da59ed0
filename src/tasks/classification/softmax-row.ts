import type { NdArray } from "../../graph/array.ts";

/** Probabilities `[C]` of row `row` of logits `[B, C]`. */
export function softmaxRow(logits: NdArray, row: number): number[] {
  const width = logits.shape[1]!;
  const scores = Array.from(logits.data.slice(row * width, (row + 1) * width), Number);
  const highest = Math.max(...scores);
  const exps = scores.map((score) => Math.exp(score - highest));
  const total = exps.reduce((sum, value) => sum + value, 0);
  return exps.map((value) => value / total);
}
