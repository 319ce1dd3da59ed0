/** Exponential moving average of weights. */
import type { Tensor } from "../graph/graph.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { chunkInputs } from "./optimizer.ts";

/**
 * `average = decay * average + (1 - decay) * parameter` for one chunk.
 *
 * Inputs: `average` and `parameter` (`[N]`), and the names of `emaScalars`. Output: `new_average`,
 * which may be bound to the memory of `average`.
 *
 * @example
 * emaGraph().new_average.dtype; // "float32"
 */
export function emaGraph(): Record<string, Tensor> {
  const { vector, scalar } = chunkInputs();
  const kept = mul(vector("average"), scalar("decay"));
  return { new_average: add(kept, mul(vector("parameter"), scalar("rest"))) };
}

/**
 * Scalar inputs of `emaGraph`.
 *
 * @param decay 0 (no memory) to 1 (no change)
 * @throws RangeError if `decay` is outside 0 to 1
 * @example
 * emaScalars(0.75).rest; // 0.25
 */
export function emaScalars(decay: number): Record<string, number> {
  if (!(decay >= 0 && decay <= 1)) {
    throw new RangeError(`emaScalars: decay must be 0 to 1, got ${decay}`);
  }
  return { decay, rest: 1 - decay };
}
