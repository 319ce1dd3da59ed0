/** Entropy losses: each token is certain of its experts, and all tokens together use many experts. */

import * as z from "zod";
import type { Tensor } from "../../graph/graph.ts";
import { relu } from "../../ops/activation.ts";
import { add, log, maximum, mul, neg } from "../../ops/arithmetic.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { defineLoss } from "./define.ts";
import { groupMean, groupSettings, overGroups, type TokenGroups } from "./groups.ts";
import { orZero, overTokens, type TokenMask, tokenMean } from "./tokens.ts";

/** Smaller than any relevant positive probability, above float32's smallest normal number. */
const TINY = 1e-30;

export interface GlobalEntropyLossOptions extends TokenGroups {
  /**
   * `tau` in nats: entropies above it have zero loss; `log S` encourages the use of at least about `S`
   * experts. Without it, the loss is the negative entropy.
   */
  readonly threshold?: number;
}

/** `-sum_e p_e log p_e` over the last axis, in nats, with `0 log 0 = 0`. */
export function entropy(probabilities: Tensor): Tensor {
  return neg(reduceSum(mul(probabilities, log(maximum(probabilities, TINY))), -1));
}

/**
 * Mean over tokens of the entropy of their routing, in nats (LIMoE, arXiv:2206.02770, local entropy
 * loss): 0 if every token is certain, at most log E. LIMoE applies it per modality; here the mask
 * selects the modality.
 *
 * The same value is the dynamic loss of top-p routing (Huang et al., arXiv:2403.07652), which keeps
 * tokens from choosing ever more experts.
 *
 * @param probabilities `[N, E]`, rows of sum 1
 */
export function localEntropyLoss(probabilities: Tensor, { mask }: TokenMask = {}): Tensor {
  return overTokens(tokenMean(entropy(probabilities), mask), mask);
}

/**
 * Negative entropy of the mean routing, `-H(m)` with `m = mean over tokens of p`, or with a
 * threshold `max(0, tau - H(m))` (LIMoE, arXiv:2206.02770, global entropy loss). Minimising
 * it spreads the tokens of a modality over experts; some public versions have the sign wrong. Zero
 * if the mask keeps no token.
 *
 * @param probabilities `[N, E]`, rows of sum 1
 */
export function globalEntropyLoss(
  probabilities: Tensor,
  options: GlobalEntropyLossOptions = {},
): Tensor {
  const { mask, threshold } = options;
  const negative = neg(entropy(groupMean(probabilities, options)));
  if (threshold === undefined) return overGroups(negative, options);
  return overGroups(orZero(relu(add(negative, threshold)), mask), options);
}

export const localEntropy = defineLoss({
  name: "local_entropy",
  description: "mean entropy of each token's routing, favours confident choices",
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
    threshold: z
      .number()
      .nonnegative()
      .optional()
      .describe("In nats; the logarithm of the minimum number of experts to use."),
    ...groupSettings,
  },
  compute: ({ probabilities }, options) => globalEntropyLoss(probabilities, options),
  variants: [{ title: "global entropy (LIMoE)", settings: { weight: 0.2 } }],
});

export const topPEntropy = defineLoss({
  name: "top_p_entropy",
  description: "mean entropy of each token's routing, favours few experts under top-p",
  paper: "Huang et al. 2024, arXiv:2403.07652, dynamic loss",
  needs: ["varying-count", "distribution"],
  instead: "local_entropy",
  weight: 0.0001,
  settings: {},
  compute: ({ probabilities }, options) => localEntropyLoss(probabilities, options),
});
