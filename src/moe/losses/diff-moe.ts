/** The two balance losses of Diff-MoE (github.com/yaolidong/diff-MoE, commit 4d2c44e). */
import type { Tensor } from "../../graph/graph.ts";
import { log, maximum, mul, square } from "../../ops/arithmetic.ts";
import { reduceMean, reduceSum } from "../../ops/reduce.ts";

/**
 * Sum of squares of the mean routing probabilities, `sum_e m_e^2` with `m = mean over tokens of p`:
 * 1/E when balanced, 1 when one expert has everything. The original calls it z-loss; it is not the
 * z-loss of ST-MoE.
 *
 * @param probabilities `[N, E]`
 */
export function meanSquareBalanceLoss(probabilities: Tensor): Tensor {
  return reduceSum(square(reduceMean(probabilities, 0)));
}

/**
 * Divergence of the mean routing probabilities from uniform, `sum_e m_e log(m_e E)`, in nats: 0 when
 * balanced, log E at worst. The original has no guard at `m_e = 0`; here `0 log 0 = 0`.
 *
 * @param probabilities `[N, E]`
 */
export function uniformKlLoss(probabilities: Tensor): Tensor {
  const mean = reduceMean(probabilities, 0); // [E]
  const numExperts = probabilities.shape[1] as number;
  return reduceSum(mul(mean, log(maximum(mul(mean, numExperts), 1e-30))));
}
