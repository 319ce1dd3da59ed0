/** Group DRO: domains are weighted by their losses. ONNX: Exp, Mul, ReduceSum. */
import type { Tensor } from "../graph/graph.ts";
import { div, exp, mul } from "../ops/arithmetic.ts";
import { stopGradient } from "../ops/compare.ts";
import { reduceSum } from "../ops/reduce.ts";
import { meanOver } from "./mean-over.ts";

/** The loss and the domain weights for the next step. */
export interface GroupDroLoss {
  readonly loss: Tensor;
  /** `[M]`, summing to 1; without gradient. */
  readonly weights: Tensor;
}

/**
 * One step of group DRO (arXiv:1911.08731, Algorithm 1): the domain weights grow with the losses,
 * `q_m <- q_m exp(eta l_m) / sum_k q_k exp(eta l_k)`, and the loss is `sum_m q_m l_m` with the new
 * weights. No gradient flows through the weights.
 *
 * @param losses mean loss in each domain, `[M]`
 * @param weights of the previous step, `[M]`; initially all equal
 * @param eta step size of the weights
 * @param observed the losses that move the weights, `[M]`; default `losses`
 * @example
 * const losses = array([0, Math.log(3)]);
 * const step = (l, q) => groupDroLoss(l, q, 1).weights;
 * await evaluate(step, [losses, array([0.5, 0.5])]); // [[0.25, 0.75]]
 */
export function groupDroLoss(
  losses: Tensor,
  weights: Tensor,
  eta: number,
  observed: Tensor = losses,
): GroupDroLoss {
  const grown = mul(stopGradient(weights), exp(mul(stopGradient(observed), eta))); // [M]
  const next = div(grown, reduceSum(grown));
  return { loss: meanOver(reduceSum(mul(losses, next)), "samples"), weights: next };
}
