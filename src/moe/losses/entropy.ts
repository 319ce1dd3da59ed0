/** Entropy losses: each token certain of its experts, all tokens together spread over many. */

import * as z from "zod";
import type { Tensor } from "../../graph/graph.ts";
import { relu } from "../../ops/activation.ts";
import { add, log, maximum, mul, neg } from "../../ops/arithmetic.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { defineLoss } from "./define.ts";
import { orZero, type TokenMask, tokenMean } from "./tokens.ts";

/** Below every positive probability that matters, above float32's smallest normal number. */
const TINY = 1e-30;

export interface GlobalEntropyLossOptions extends TokenMask {
  /**
   * `tau` in nats: entropies above it cost nothing; `log S` favours the use of at least about `S`
   * experts. Without it the loss is the negative entropy.
   */
  readonly threshold?: number;
}

/** `-sum_e p_e log p_e` over the last axis, in nats, with `0 log 0 = 0`. */
export function entropy(probabilities: Tensor): Tensor {
  return neg(reduceSum(mul(probabilities, log(maximum(probabilities, TINY))), -1));
}

/**
 * Mean over tokens of the entropy of their routing, in nats (LIMoE, arXiv:2206.02770, local entropy
 * loss): 0 when every token is certain, log E at worst. LIMoE applies it per modality, here by the
 * mask.
 *
 * The same value is the dynamic loss of top-p routing (Huang et al., arXiv:2403.07652), which keeps
 * tokens from choosing more and more experts.
 *
 * @param probabilities `[N, E]`, rows of sum 1
 */
export function localEntropyLoss(probabilities: Tensor, { mask }: TokenMask = {}): Tensor {
  return tokenMean(entropy(probabilities), mask);
}

/**
 * Negative entropy of the mean routing, `-H(m)` with `m = mean over tokens of p`, or with a
 * threshold `max(0, tau - H(m))` (LIMoE, arXiv:2206.02770, global entropy loss). Minimising
 * it spreads the tokens of a modality over experts; some public versions have the sign wrong. Zero
 * when the mask keeps no token.
 *
 * @param probabilities `[N, E]`, rows of sum 1
 */
export function globalEntropyLoss(
  probabilities: Tensor,
  { mask, threshold }: GlobalEntropyLossOptions = {},
): Tensor {
  const negative = neg(entropy(tokenMean(probabilities, mask)));
  if (threshold === undefined) return negative;
  return orZero(relu(add(negative, threshold)), mask);
}

export const localEntropy = defineLoss({
  name: "local_entropy",
  description: "mean entropy of each token's routing, for certain choices",
  paper: "LIMoE, arXiv:2206.02770, local entropy",
  needs: ["distribution"],
  weight: 0.01,
  settings: {},
  compute: ({ probabilities }, options) => localEntropyLoss(probabilities, options),
});

export const globalEntropy = defineLoss({
  name: "global_entropy",
  description: "negative entropy of the mean routing, or its distance below a threshold",
  paper: "LIMoE, arXiv:2206.02770, global entropy",
  needs: ["distribution"],
  weight: 0.01,
  settings: {
    /** In nats; the logarithm of the number of experts that should be used at least. */
    threshold: z.number().nonnegative().optional(),
  },
  compute: ({ probabilities }, options) => globalEntropyLoss(probabilities, options),
  variants: [{ title: "global entropy (LIMoE)", settings: { weight: 0.2 } }],
});

export const topPEntropy = defineLoss({
  name: "top_p_entropy",
  description: "mean entropy of each token's routing, for few experts under top-p",
  paper: "Huang et al. 2024, arXiv:2403.07652, dynamic loss",
  needs: ["varying-count", "distribution"],
  instead: "local_entropy",
  weight: 0.0001,
  settings: {},
  compute: ({ probabilities }, options) => localEntropyLoss(probabilities, options),
});
