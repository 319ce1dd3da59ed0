/** Norm penalties on the router's weights. */
import type { Tensor } from "../../graph/graph.ts";
import { abs, add, mul } from "../../ops/arithmetic.ts";
import { reduceSum, sumOfSquares } from "../../ops/reduce.ts";

/** `sum |w|`; gradient 0 at 0. */
export function l1Penalty(weight: Tensor): Tensor {
  return reduceSum(abs(weight));
}

/** `sum w^2`, the squared Frobenius norm, without a factor 1/2. */
export function l2Penalty(weight: Tensor): Tensor {
  return sumOfSquares(weight);
}

/**
 * `l1 * sum |w| + l2 * sum w^2` over the weights of a router, the regularisation of the classic
 * dense mixture of experts.
 *
 * @param weight of any shape, such as `[E, D]`
 */
export function weightPenalty(
  weight: Tensor,
  { l1 = 0, l2 = 0 }: { readonly l1?: number; readonly l2?: number },
): Tensor {
  return add(mul(l1Penalty(weight), l1), mul(l2Penalty(weight), l2));
}
