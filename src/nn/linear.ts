import type { Tensor } from "../graph/graph.ts";
import { add } from "../ops/arithmetic.ts";
import { affine } from "../ops/matmul.ts";
import { adapted } from "./adapter.ts";
import { type Initializer, torchLinear, uniformOf, zeros } from "./initializers.ts";
import type { Scope } from "./scope.ts";

export interface LinearOptions {
  readonly bias?: boolean;
  /** Initial weight. Default: PyTorch's, uniform with bound `1 / sqrt(I)`. */
  readonly weightInit?: Initializer;
  /** Initial bias. Default: PyTorch's with the default weights, otherwise zeros. */
  readonly biasInit?: Initializer;
}

/**
 * `x @ weightᵀ + bias` with trained `weight` `[O, I]` and `bias` `[O]`.
 *
 * If training adapts the layer, `scale * (x @ Aᵀ) @ Bᵀ` is added, see `adapted`.
 *
 * @param x `[..., I]`
 * @returns `[..., O]`
 * @throws RangeError if the last axis has no fixed size
 * @example
 * const layer = (scope, { x }) => linear(scope, x, 3);
 * const inputs = { x: array([[1, 2]]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [1, 3]
 */
export function linear(
  scope: Scope,
  x: Tensor,
  outFeatures: number,
  { bias = true, weightInit, biasInit }: LinearOptions = {},
): Tensor {
  const inFeatures = x.shape.at(-1);
  if (typeof inFeatures !== "number") {
    throw new RangeError(
      `${scope.path}: the last axis of a linear layer's input needs a fixed size`,
    );
  }
  const weight = scope.parameter("weight", [outFeatures, inFeatures], weightInit ?? torchLinear);
  const fallback = weightInit === undefined ? uniformOf(1 / Math.sqrt(inFeatures)) : zeros;
  const y = bias
    ? affine(x, weight, scope.parameter("bias", [outFeatures], biasInit ?? fallback))
    : affine(x, weight);
  const adapter = scope.adapter();
  return adapter === undefined ? y : add(y, adapted(scope, x, outFeatures, adapter));
}
