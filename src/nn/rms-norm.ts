import type { Tensor } from "../graph/graph.ts";
import { rmsNorm as normalize } from "../ops/rms-norm.ts";
import { ones } from "./initializers.ts";
import type { Scope } from "./scope.ts";

/**
 * Root-mean-square normalisation over the last axis with trained `weight` `[D]` (arXiv:1910.07467).
 *
 * @example
 * const layer = (scope, { x }) => rmsNorm(scope, x);
 * const inputs = { x: array([[1, 7]]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs); // [[0.2, 1.4]]
 */
export function rmsNorm(scope: Scope, x: Tensor, epsilon = 1e-6): Tensor {
  return normalize(x, scope.parameter("weight", [x.shape.at(-1) as number], ones), epsilon);
}
