/** The worst domain counts most. ONNX: Exp, Mul, ReduceSum. */
import type { Tensor } from "../graph/graph.ts";
import { div, exp, mul } from "../ops/arithmetic.ts";
import { stopGradient } from "../ops/compare.ts";
import { reduceSum } from "../ops/reduce.ts";

/** A loss, and the weights that the next step begins with. */
export interface GroupDroLoss {
  readonly loss: Tensor;
  /** `[M]`, summing to 1; without gradient. */
  readonly weights: Tensor;
}

/**
 * One step of group DRO (arXiv:1911.08731, Algorithm 1): the weights of the domains grow with their
 * losses, `q_m <- q_m exp(eta l_m) / sum_k q_k exp(eta l_k)`, and the loss is `sum_m q_m l_m` with
 * the new ones, through which no gradient flows.
 *
 * @param losses mean loss in each domain, `[M]`
 * @param weights of the step before, `[M]`; equal ones at first
 * @param eta step size of the weights
 */
export function groupDroLoss(losses: Tensor, weights: Tensor, eta: number): GroupDroLoss {
  const grown = mul(stopGradient(weights), exp(mul(stopGradient(losses), eta))); // [M]
  const next = div(grown, reduceSum(grown));
  return { loss: reduceSum(mul(losses, next)), weights: next };
}
