/** Gradient clipping by the global norm, as torch.nn.utils.clip_grad_norm_. */
import type { Tensor } from "../graph/graph.ts";
import { sumOfSquares } from "../ops/reduce.ts";
import { chunkInputs } from "./optimizer.ts";

/**
 * A graph with the input `gradient`, a chunk `[N]`, and the scalar output `sum_of_squares`.
 *
 * @example
 * sumOfSquaresGraph().sum_of_squares.shape.length; // 0
 */
export function sumOfSquaresGraph(): Record<string, Tensor> {
  return { sum_of_squares: sumOfSquares(chunkInputs().vector("gradient")) };
}

/**
 * Global norm of all chunks, and the factor that clips it to `maxNorm`: `min(1, maxNorm / (norm + 1e-6))`.
 *
 * @param sums sum of squares of each chunk
 * @param maxNorm above 0; Infinity never clips
 * @throws RangeError if `maxNorm` is not positive
 * @example
 * clipScale([9, 16], 1).scale; // 0.2
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
