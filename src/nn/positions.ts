import type { Tensor } from "../graph/graph.ts";
import { type Initializer, truncatedNormal } from "./initializers.ts";
import type { Scope } from "./scope.ts";

/**
 * A table of learned positions, the parameter `name` of this shape. It never decays, as in timm and
 * vision transformers in general: a position has no scale that regularisation should shrink.
 *
 * @param init default: a truncated normal with standard deviation 0.02
 * @example
 * const layer = (scope, { x }) => add(x, positionTable(scope, "pos_embed", [1, 4, 2]));
 * const inputs = { x: allocate("float32", [3, 4, 2]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [3, 4, 2]
 */
export function positionTable(
  scope: Scope,
  name: string,
  shape: readonly number[],
  init: Initializer = truncatedNormal(0.02),
): Tensor {
  return scope.parameter(name, shape, init, { decay: false });
}
