/** Load losses: all experts should be equally likely to be chosen under redrawn noise. */

import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import { normalCdf } from "../../ops/activation.ts";
import { div, maximum, sub } from "../../ops/arithmetic.ts";
import { greater, where } from "../../ops/compare.ts";
import { slice } from "../../ops/join.ts";
import { topK } from "../../ops/top-k.ts";
import type { MoeSizes, Routing } from "../routing.ts";
import { requireSelectable } from "../routing.ts";
import { defineLoss } from "./define.ts";
import { groupMean, groupSettings, overGroups, type TokenGroups } from "./groups.ts";
import { squaredVariation, type VariationOptions, variationSettings } from "./variation.ts";

/** Logits and their noise, before any softmax. */
export interface NoisyLogits {
  /** Logits without noise, `[N, E]`. */
  readonly logits: Tensor;
  /** Logits with noise, `[N, E]`. */
  readonly noisyLogits: Tensor;
  /** Standard deviation of the noise: one number, or `[N, E]`. */
  readonly noiseStd: Tensor | number;
  /** `K` */
  readonly numSelectedExperts: number;
}

export interface LoadLossOptions extends TokenGroups, VariationOptions {}

/**
 * V-MoE's load loss (arXiv:2106.05974, appendix A.2):
 * `p_e(x) = Phi((logit_e - eta_K) / sigma)` with `eta_K` the `K`-th largest noisy logit, and the
 * squared coefficient of variation of `sum over tokens of p_e(x)`, in V-MoE of each group of tokens.
 *
 * The threshold does not exclude the expert itself; `shazeerLoadLoss` does. The population variance
 * is the default. Tutel's `load_importance_loss` puts softmax probabilities in place of the clean
 * logits, which compares values of different scales; that is not reproduced.
 */
export function vmoeLoadLoss(noisy: NoisyLogits, options: LoadLossOptions = {}): Tensor {
  return variationOf(vmoeSelectionProbabilities(noisy), options);
}

/**
 * Shazeer et al.'s load loss (arXiv:1701.06538, equations 8 to 11; `_prob_in_top_k` of
 * tensor2tensor): like V-MoE's, but the threshold is the `K`-th largest noisy logit *of the other experts*.
 * For a chosen expert, that is the `(K+1)`-th largest of all.
 *
 * tensor2tensor uses the population variance (default). davidmrau/mixture-of-experts uses the
 * unbiased one and, since April 2024, thresholds that are probabilities; the latter is an error that
 * is not reproduced.
 *
 * @throws UserError if `K = E`: every expert is then chosen
 */
export function shazeerLoadLoss(noisy: NoisyLogits, options: LoadLossOptions = {}): Tensor {
  return variationOf(selectionProbabilities(noisy), options);
}

function variationOf(probabilities: Tensor, options: LoadLossOptions): Tensor {
  return overGroups(squaredVariation(groupMean(probabilities, options), options), options);
}

/** Probability that each expert exceeds the `K`-th noisy logit, `[N, E]`. */
export function vmoeSelectionProbabilities(noisy: NoisyLogits): Tensor {
  const { logits, noisyLogits, noiseStd, numSelectedExperts: K } = noisy;
  requireSelectable(K, logits.shape[1] as number);
  return exceedance(sub(logits, rankedLogit(noisyLogits, K)), noiseStd);
}

/**
 * Probability that each expert is among the top `K` if its own noise is redrawn, `[N, E]`.
 *
 * @throws UserError (exit code 2) if `K = E`
 */
export function selectionProbabilities(noisy: NoisyLogits): Tensor {
  const { logits, noisyLogits, noiseStd, numSelectedExperts: K } = noisy;
  const numExperts = logits.shape[1] as number;
  requireSelectable(K, numExperts);
  if (K === numExperts) {
    throw usageError(
      `the load loss needs num_selected_experts below the number of experts (${numExperts}), got ${K}; without a choice there is no load to balance, so drop the loss`,
    );
  }
  const ifChosen = rankedLogit(noisyLogits, K + 1); // [N, 1]
  const ifNot = rankedLogit(noisyLogits, K); // [N, 1]
  const threshold = where(greater(noisyLogits, ifChosen), ifChosen, ifNot); // [N, E]
  return exceedance(sub(logits, threshold), noiseStd);
}

/** Smaller deviations count as this, so that a tie without noise has the probability 1/2, not NaN. */
const MIN_STD = 1e-6;

/** `Phi(margin / std)`. */
function exceedance(margin: Tensor, std: Tensor | number): Tensor {
  const least = typeof std === "number" ? Math.max(std, MIN_STD) : maximum(std, MIN_STD);
  return normalCdf(div(margin, least));
}

/** The `rank`-th largest entry of each row, `[N, 1]`. */
function rankedLogit(logits: Tensor, rank: number): Tensor {
  return slice(topK(logits, rank).values, 1, rank - 1, rank);
}

export const load = defineLoss({
  name: "load",
  description: "squared coefficient of variation of the experts' probabilities of being chosen",
  paper: "V-MoE, arXiv:2106.05974, app. A.2",
  needs: ["noise"],
  weight: 0.01,
  settings: { ...variationSettings, ...groupSettings },
  check: ({ name }, sizes) => choiceProblem(name, sizes),
  compute: (routing, options) => vmoeLoadLoss(noisyLogitsOf(routing, "load"), options),
});

export const loadExcludingSelf = defineLoss({
  name: "load_excluding_self",
  description: "as load, with the threshold among the other experts",
  paper: "Shazeer et al. 2017, arXiv:1701.06538, eq. 8-11",
  needs: ["noise"],
  weight: 0.01,
  settings: { ...variationSettings, ...groupSettings },
  check: ({ name }, sizes) => choiceProblem(name, sizes),
  compute: (routing, options) =>
    shazeerLoadLoss(noisyLogitsOf(routing, "load_excluding_self"), options),
});

function choiceProblem(name: string, { numExperts, numSelectedExperts }: MoeSizes) {
  if (numSelectedExperts < numExperts) return undefined;
  return `the loss ${name} needs fewer selected experts than experts, got ${numSelectedExperts} of ${numExperts}; drop it`;
}

function noisyLogitsOf(routing: Routing, name: string): NoisyLogits {
  const { logits, noisyLogits, noiseStd, numSelectedExperts } = routing;
  if (noisyLogits === undefined || noiseStd === undefined || noiseStd === 0) {
    throw usageError(
      `the loss ${name} needs a router with noise on its logits; choose a noisy router or drop the loss`,
    );
  }
  return { logits, noisyLogits, noiseStd, numSelectedExperts };
}
