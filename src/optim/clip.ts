/** Clipping gradients by their global norm, as torch.nn.utils.clip_grad_norm_. */
import type { Tensor } from "../graph/graph.ts";
import { sumOfSquares } from "../ops/reduce.ts";
import { chunkInputs } from "./optimizer.ts";

/** Output `sum_of_squares` (a scalar) of the input `gradient`, a chunk `[N]`. */
export function sumOfSquaresGraph(): Record<string, Tensor> {
  return { sum_of_squares: sumOfSquares(chunkInputs().vector("gradient")) };
}

/**
 * Norm of all chunks together, and the factor that brings it down to `maxNorm`:
 * `min(1, maxNorm / (norm + 1e-6))`.
 *
 * @param sums the sum of squares of each chunk
 * @param maxNorm above 0; Infinity never clips
 */
export function clipScale(
  sums: Iterable<number>,
  maxNorm: number,
): { readonly norm: number; readonly scale: number } {
  if (!(maxNorm > 0)) throw new RangeError(`clipScale: maxNorm must be above 0, got ${maxNorm}`);
  let total = 0;
  for (const sum of sums) total += sum;
  const norm = Math.sqrt(total);
  return { norm, scale: Math.min(1, maxNorm / (norm + 1e-6)) };
}
