import type { Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { layerNorm as normalize } from "../ops/layer-norm.ts";
import { ones, zeros } from "./initializers.ts";
import type { Scope } from "./scope.ts";

/**
 * Layer normalisation over the last axis with trained `weight` and `bias` `[D]`.
 *
 * @example
 * const layer = (scope, { x }) => layerNorm(scope, x);
 * const inputs = { x: array([[1, 3]]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [1, 2]
 */
export function layerNorm(scope: Scope, x: Tensor, epsilon = 1e-5): Tensor {
  const width = [x.shape.at(-1) as number];
  return normalize(
    x,
    scope.parameter("weight", width, ones),
    scope.parameter("bias", width, zeros),
    epsilon,
  );
}

/**
 * Layer normalisation without parameters: rows with mean 0 and variance 1.
 *
 * @example
 * const { output } = await apply((scope, { x }) => standardize(x, 0), new Map(), { x: array([[1, 3]]) });
 * output; // [[-1, 1]]
 */
export function standardize(x: Tensor, epsilon = 1e-5): Tensor {
  const width = x.shape.at(-1) as number;
  const [one, zero] = [1, 0].map((value) => constant(x.graph, Array<number>(width).fill(value)));
  return normalize(x, one!, zero!, epsilon);
}
