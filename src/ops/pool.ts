/** Pooling over images. ONNX: MaxPool, AveragePool; backward ScatterElements, ConvTranspose. */
import { allocate } from "../graph/array.ts";
import { defineOp, type Tensor, type TensorSpec } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { formatShape, type Shape } from "../graph/shape.ts";
import { div } from "./arithmetic.ts";
import { convTranspose } from "./conv.ts";
import { scatterAdd, zerosLike } from "./gather.ts";
import { reduceMean } from "./reduce.ts";
import { reshape } from "./reshape.ts";
import { outputSize, type Pair, pair, windowAttributes } from "./window.ts";

export interface PoolOptions {
  /** Default: the size of the window. A pair is [vertical, horizontal], here and below. */
  readonly stride?: number | Pair;
  /** Padding on each side in pixels, at most half of the window. Default 0. */
  readonly padding?: number | Pair;
}

interface PoolAttributes {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly padding: Pair;
}

function poolShape({ shape }: TensorSpec, { kernel, stride, padding }: PoolAttributes): Shape {
  const [batch, channels, height, width] = shape;
  if (shape.length !== 4 || typeof height !== "number" || typeof width !== "number") {
    throw new RangeError(`images must be [N, C, H, W] of fixed size, got ${formatShape(shape)}`);
  }
  if (padding.some((width, axis) => 2 * width > kernel[axis]!)) {
    throw new RangeError(`the padding ${padding} exceeds half of the window ${kernel}`);
  }
  const sizes = [height, width].map((size, axis) =>
    outputSize(size, kernel[axis]!, stride[axis]!, padding[axis]!, 1),
  );
  return [batch!, channels!, ...sizes];
}

const maxPoolOp = defineOp<PoolAttributes>({
  name: "max_pool2d",
  infer: ([x], attributes) => {
    const shape = poolShape(x!, attributes);
    return [
      { dtype: x!.dtype, shape },
      { dtype: "int64", shape },
    ];
  },
  emit: ({ emitter, inputs, outputs, attributes }) => {
    emitter.add("MaxPool", inputs, windowAttributes(attributes), { outputs });
  },
  gradient: ({ inputs: [x], outputs: [, indices], gradients: [dy] }) => {
    // The indices are relative to the complete tensor x.
    const flat = scatterAdd(
      reshape(zerosLike(x!), [-1]),
      reshape(indices!, [-1]),
      reshape(dy!, [-1]),
    );
    return [reshape(flat, x!.shape)];
  },
});

/**
 * Maximum of each window; ties give the gradient to the first entry. `x` is `[N, C, H, W]`.
 *
 * @example
 * const [y] = await evaluate((x) => maxPool2d(x, 2), [array([[[[1, 2], [3, 6]]]])]); // [[[[6]]]]
 */
export function maxPool2d(
  x: Tensor,
  kernel: number | Pair,
  { stride = kernel, padding = 0 }: PoolOptions = {},
): Tensor {
  return maxPoolOp([x], { kernel: pair(kernel), stride: pair(stride), padding: pair(padding) })[0]!;
}

const avgPoolOp = defineOp<PoolAttributes>({
  name: "avg_pool2d",
  infer: ([x], attributes) => [{ dtype: x!.dtype, shape: poolShape(x!, attributes) }],
  emit: ({ emitter, inputs, outputs, attributes }) => {
    const options = { ...windowAttributes(attributes), count_include_pad: 1 };
    emitter.add("AveragePool", inputs, options, { outputs });
  },
  gradient: ({ inputs: [x], gradients: [dy], attributes: { kernel, stride, padding } }) => {
    const ones = allocate("float32", [1, 1, ...kernel]);
    ones.data.fill(1);
    const single = (shape: Shape): Shape => [-1, 1, ...shape.slice(2)];
    const share = reshape(div(dy!, kernel[0] * kernel[1]), single(dy!.shape));
    const shape = reshape(x!, single(x!.shape)).shape;
    const window = { stride, padding, dilation: [1, 1] as const, groups: 1 };
    return [reshape(convTranspose(share, constant(dy!.graph, ones), shape, window), x!.shape)];
  },
});

/**
 * Mean of each window, padding counted as zeros. `x` is `[N, C, H, W]`.
 *
 * @example
 * const [y] = await evaluate((x) => avgPool2d(x, 2), [array([[[[1, 2], [3, 6]]]])]); // [[[[3]]]]
 */
export function avgPool2d(
  x: Tensor,
  kernel: number | Pair,
  { stride = kernel, padding = 0 }: PoolOptions = {},
): Tensor {
  return avgPoolOp([x], { kernel: pair(kernel), stride: pair(stride), padding: pair(padding) })[0]!;
}

/**
 * Mean of each channel: `[N, C, H, W]` to `[N, C]`.
 *
 * @example
 * const [y] = await evaluate((x) => globalAvgPool2d(x), [array([[[[1, 2], [3, 6]]]])]); // [[3]]
 */
export function globalAvgPool2d(x: Tensor): Tensor {
  return reduceMean(x, [2, 3]);
}
