import type { Tensor } from "../graph/graph.ts";
import { conv2d } from "../ops/conv.ts";
import { fans, type Initializer, torchLinear, uniformOf, zeros } from "./initializers.ts";
import type { Scope } from "./scope.ts";

export interface ConvOptions {
  readonly kernelSize: number;
  readonly stride?: number;
  readonly padding?: number;
  /** Default true. */
  readonly bias?: boolean;
  readonly weightInit?: Initializer;
}

/**
 * Two-dimensional convolution with trained `weight` `[O, C, k, k]` and `bias` `[O]`.
 *
 * @param x `[B, C, H, W]`
 * @returns `[B, O, H', W']`
 * @example
 * const layer = (scope, { x }) => conv(scope, x, 4, { kernelSize: 3, padding: 1 });
 * const inputs = { x: array([[[[1, 2], [3, 4]]]]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [1, 4, 2, 2]
 */
export function conv(scope: Scope, x: Tensor, outChannels: number, options: ConvOptions): Tensor {
  const { kernelSize, stride = 1, padding = 0, bias = true, weightInit } = options;
  const shape = [outChannels, x.shape[1] as number, kernelSize, kernelSize];
  const weight = scope.parameter("weight", shape, weightInit ?? torchLinear);
  if (!bias) return conv2d(x, weight, undefined, { stride, padding });
  const bound = 1 / Math.sqrt(fans(shape).fanIn);
  const init = weightInit === undefined ? uniformOf(bound) : zeros;
  return conv2d(x, weight, scope.parameter("bias", [outChannels], init), { stride, padding });
}
