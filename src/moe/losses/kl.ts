/** Divergences between the mean routing and the uniform one, in both directions. */

import type { Tensor } from "../../graph/graph.ts";
import { add, log, maximum, mul } from "../../ops/arithmetic.ts";
import { reduceMean, reduceSum } from "../../ops/reduce.ts";
import { defineLoss } from "./define.ts";
import { groupMean, groupSettings, overGroups, type TokenGroups } from "./groups.ts";
import { orZero } from "./tokens.ts";

const TINY = 1e-30;

/**
 * `KL(m || U) = sum_e m_e log(m_e E)` with `m = mean over tokens of p`, in nats: 0 if balanced,
 * at most log E (Diff-MoE, commit 4d2c44e). The original has no guard at `m_e = 0`; here
 * `0 log 0 = 0`.
 *
 * @param probabilities `[N, E]`
 */
export function uniformKlLoss(probabilities: Tensor, options: TokenGroups = {}): Tensor {
  const mean = groupMean(probabilities, options); // [E] or [B, E]
  const numExperts = probabilities.shape[1] as number;
  const terms = mul(mean, log(maximum(mul(mean, numExperts), TINY)));
  return overGroups(reduceSum(terms, -1), options);
}

/**
 * `KL(U || m) = -1/E sum_e log(m_e E)`, in nats: 0 if balanced, unbounded if an expert is unused
 * (at most about 69 here, by a guard at 1e-30). The form of SF-MoE and of Diff-MoE's commit 936f394,
 * which divides it by `E` once more because `batchmean` treats the experts as a batch.
 *
 * @param probabilities `[N, E]`
 */
export function uniformToRoutingKlLoss(probabilities: Tensor, options: TokenGroups = {}): Tensor {
  const mean = groupMean(probabilities, options); // [E] or [B, E]
  const numExperts = probabilities.shape[1] as number;
  const loss = mul(add(reduceMean(log(maximum(mean, TINY)), -1), Math.log(numExperts)), -1);
  return overGroups(orZero(loss, options.mask), options);
}

export const klToUniform = defineLoss({
  name: "kl_to_uniform",
  description: "divergence of the mean routing from the uniform one, KL(m || U)",
  paper: "Diff-MoE, github.com/yaolidong/diff-MoE, commit 4d2c44e",
  needs: ["distribution"],
  weight: 0.01,
  settings: groupSettings,
  compute: ({ probabilities }, options) => uniformKlLoss(probabilities, options),
  variants: [{ title: "KL to uniform", settings: { weight: 0.2 } }],
});

export const klFromUniform = defineLoss({
  name: "kl_from_uniform",
  description: "divergence of the uniform routing from the mean one, KL(U || m)",
  paper: "SF-MoE, github.com/Luodian/Generalizable-Mixture-of-Experts; Diff-MoE, commit 936f394",
  needs: ["distribution"],
  weight: 0.01,
  settings: groupSettings,
  compute: ({ probabilities }, options) => uniformToRoutingKlLoss(probabilities, options),
  variants: [{ title: "KL from uniform", settings: { weight: 0.2 } }],
});
