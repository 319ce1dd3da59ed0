import type { Tensor } from "../graph/graph.ts";
import { mul } from "../ops/arithmetic.ts";
import { cast, greaterOrEqual } from "../ops/compare.ts";
import type { Scope } from "./scope.ts";

/**
 * In training, zeroes entries with probability `rate` and scales the others by `1 / (1 - rate)`;
 * otherwise the identity (Srivastava et al., 2014).
 *
 * @example
 * const layer = (scope, { x }) => dropout(scope, x, 0.5);
 * const inputs = { x: array([1, 2]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [2]
 */
export function dropout(scope: Scope, x: Tensor, rate: number): Tensor {
  if (!scope.training || rate === 0) return x;
  return applyDropout(x, scope.random("dropout", x.shape, "uniform"), rate);
}

/** Dropout with given random numbers, uniform in [0, 1): entries whose number is below `rate` become 0. */
export function applyDropout(x: Tensor, draws: Tensor, rate: number): Tensor {
  const kept = cast(greaterOrEqual(draws, rate), "float32");
  return mul(x, mul(kept, 1 / (1 - rate)));
}
