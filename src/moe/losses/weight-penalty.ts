/** Norm penalties on the weights of routers. */
import type { Tensor } from "../../graph/graph.ts";
import { abs, add, mul } from "../../ops/arithmetic.ts";
import { reduceSum, sumOfSquares } from "../../ops/reduce.ts";

/** One weight of any shape, or several, whose penalties add up. */
export type Weights = Tensor | readonly Tensor[];

/** `sum |w|`; gradient 0 at 0. */
export function l1Penalty(weights: Weights): Tensor {
  return total(weights, (weight) => reduceSum(abs(weight)));
}

/** `sum w^2`, the squared Frobenius norm, without a factor 1/2. */
export function l2Penalty(weights: Weights): Tensor {
  return total(weights, (weight) => sumOfSquares(weight));
}

/**
 * `l1 * sum |w| + l2 * sum w^2` over the weights of a router, the regularisation of the classic
 * dense mixture of experts.
 */
export function weightPenalty(
  weights: Weights,
  { l1 = 0, l2 = 0 }: { readonly l1?: number; readonly l2?: number },
): Tensor {
  return add(mul(l1Penalty(weights), l1), mul(l2Penalty(weights), l2));
}

function total(weights: Weights, penalty: (weight: Tensor) => Tensor): Tensor {
  const terms = ("graph" in weights ? [weights] : weights).map(penalty);
  if (terms.length === 0) throw new RangeError("a penalty needs at least one weight");
  return terms.reduce((sum, term) => add(sum, term));
}
