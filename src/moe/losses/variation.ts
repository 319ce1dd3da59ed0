/** Relative variance over experts, used by the importance and load losses. */
import * as z from "zod";
import type { Tensor } from "../../graph/graph.ts";
import { div, maximum, square } from "../../ops/arithmetic.ts";
import { reduceMean, variance } from "../../ops/reduce.ts";

export interface VariationOptions {
  /**
   * Divides the squared deviations by `E - 1` instead of `E`. Default false, as in Shazeer et al.,
   * tensor2tensor, V-MoE and LIMoE; PyTorch ports (davidmrau/mixture-of-experts, Tutel) use true.
   */
  readonly unbiased?: boolean;
}

/** Avoids a division by zero if no expert receives anything. */
const TINY = 1e-20;

/**
 * Squared coefficient of variation over experts, `Var(v) / mean(v)^2`: 0 if all entries are equal; 0 for
 * one expert and for zeros.
 *
 * @param v `[E]` or `[B, E]`
 * @returns a scalar, or `[B]`
 */
export function squaredVariation(v: Tensor, { unbiased = false }: VariationOptions = {}): Tensor {
  const numExperts = v.shape.at(-1) as number;
  const correction = unbiased && numExperts > 1 ? 1 : 0;
  return div(variance(v, -1, { correction }), maximum(square(reduceMean(v, -1)), TINY));
}

/** False divides squared deviations by E (the papers), true by E - 1 (PyTorch ports). */
export const variationSettings = {
  unbiased: z
    .boolean()
    .default(false)
    .describe("Whether the variance is divided by E - 1 instead of E."),
};
