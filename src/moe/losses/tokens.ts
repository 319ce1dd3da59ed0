/** Sums and means over tokens, all or selected by a mask. */
import type { Tensor } from "../../graph/graph.ts";
import { meanOver } from "../../losses/mean-over.ts";
import { div, maximum } from "../../ops/arithmetic.ts";
import { cast, greater, where } from "../../ops/compare.ts";
import { oneHot } from "../../ops/one-hot.ts";
import { reduceMean, reduceSum } from "../../ops/reduce.ts";
import { unsqueeze } from "../../ops/reshape.ts";

/** Selects the tokens that count. */
export interface TokenMask {
  /** True for tokens that count, `[N]` bool: without padding, or of one modality. */
  readonly mask?: Tensor;
}

/** `x` with zeros at masked tokens; `x` is `[N]` or `[N, E]`. */
export function keepTokens(x: Tensor, mask?: Tensor): Tensor {
  if (mask === undefined) return x;
  return where(x.shape.length === 2 ? unsqueeze(mask, -1) : mask, x, 0);
}

/** Mean over the unmasked tokens of `[N]` or `[N, E]`; zero if there are none. */
export function tokenMean(x: Tensor, mask?: Tensor): Tensor {
  if (mask === undefined) return reduceMean(x, 0);
  return div(reduceSum(keepTokens(x, mask), 0), maximum(countTokens(mask), 1));
}

/**
 * A loss of the tokens of a batch, weighted by their number beside the losses of other batches.
 *
 * A loss that is not linear in the batch, such as a balance loss, then is a mean over the batches of an
 * update, which differs from the loss of the update as one batch.
 */
export function overTokens(loss: Tensor, mask?: Tensor): Tensor {
  return meanOver(loss, mask === undefined ? "samples" : countTokens(mask));
}

/** Number of unmasked tokens, a float32 scalar. */
export function countTokens(mask: Tensor): Tensor {
  return reduceSum(cast(mask, "float32"));
}

/** `loss`, or zero if all tokens are masked, because the loss is then undefined. */
export function orZero(loss: Tensor, mask?: Tensor): Tensor {
  return mask === undefined ? loss : where(greater(countTokens(mask), 0), loss, 0);
}

/** Whether each token chose each expert, summed over its choices: `[K, N]` to `[N, E]`. */
export function chosenExperts(ids: Tensor, numExperts: number): Tensor {
  return reduceSum(oneHot(ids, numExperts), 0);
}
