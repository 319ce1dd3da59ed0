/** Convolution over images. ONNX: Conv, ConvTranspose. */
import { defineOp, type Tensor, type TensorSpec } from "../graph/graph.ts";
import { divideDim, formatShape, type Shape } from "../graph/shape.ts";
import { requireSameDType } from "./elementwise.ts";
import { slice } from "./join.ts";
import { reduceSum } from "./reduce.ts";
import { reshape, transpose } from "./reshape.ts";
import { outputSize, type Pair, pair, windowAttributes } from "./window.ts";

export interface Conv2dOptions {
  /** Default 1. A pair is [vertical, horizontal], here and below. */
  readonly stride?: number | Pair;
  /** Zeros added on each side. Default 0. */
  readonly padding?: number | Pair;
  /** Distance between the kernel's entries. Default 1. */
  readonly dilation?: number | Pair;
  /** Input and output channels are split into this many independent groups. Default 1. */
  readonly groups?: number;
}

interface Conv2dAttributes {
  readonly stride: Pair;
  readonly padding: Pair;
  readonly dilation: Pair;
  readonly groups: number;
}

const convOp = defineOp<Conv2dAttributes>({
  name: "conv2d",
  product: true,
  infer: (inputs, attributes) => [
    { dtype: requireSameDType(inputs), shape: convShape(inputs, attributes) },
  ],
  emit: ({ emitter, inputs, outputs, attributes }) => {
    const { groups, ...rest } = attributes;
    emitter.add("Conv", inputs, { ...windowAttributes(rest), group: groups }, { outputs });
  },
  gradient: ({ inputs: [x, weight, bias], gradients: [dy], attributes }) => [
    convTranspose(dy!, weight!, x!.shape, attributes),
    weightGradient(x!, weight!, dy!, attributes),
    bias && reduceSum(dy!, [0, 2, 3]),
  ],
});

function convShape(
  [x, weight, bias]: readonly TensorSpec[],
  { stride, padding, dilation, groups }: Conv2dAttributes,
): Shape {
  const [batch, channels, height, width] = x!.shape;
  const [outChannels, groupChannels, ...kernel] = weight!.shape;
  if (x!.shape.length !== 4 || typeof height !== "number" || typeof width !== "number") {
    throw new RangeError(`images must be [N, C, H, W] of fixed size, got ${formatShape(x!.shape)}`);
  }
  if (weight!.shape.length !== 4 || typeof outChannels !== "number" || outChannels % groups !== 0) {
    throw new RangeError(
      `the weight must be [O, C / groups, kH, kW] with O a multiple of groups=${groups}, got ${formatShape(weight!.shape)}`,
    );
  }
  if (channels !== (groupChannels as number) * groups) {
    throw new RangeError(
      `a weight ${formatShape(weight!.shape)} with groups=${groups} does not fit ${formatShape(x!.shape)}`,
    );
  }
  if (bias !== undefined && (bias.shape.length !== 1 || bias.shape[0] !== outChannels)) {
    throw new RangeError(`the bias must be [${outChannels}], got ${formatShape(bias.shape)}`);
  }
  const sizes = [height, width].map((size, axis) =>
    outputSize(size, kernel[axis] as number, stride[axis]!, padding[axis]!, dilation[axis]!),
  );
  return [batch!, outChannels, ...sizes];
}

const convTransposeOp = defineOp<Conv2dAttributes & { readonly shape: Shape }>({
  name: "conv2d_transpose",
  product: true,
  infer: ([dy], { shape }) => [{ dtype: dy!.dtype, shape }],
  emit: ({ emitter, inputs, outputs, attributes: { groups, shape, ...window }, node }) => {
    const [dy, weight] = node.inputs;
    const { stride, padding, dilation } = window;
    // Rows at the far end that no window covered, because the stride did not divide the size.
    const unreached = [0, 1].map((axis) => {
      const windows = dy!.shape[axis + 2] as number;
      const taps = (weight!.shape[axis + 2] as number) - 1;
      const reached = (windows - 1) * stride[axis]! + dilation[axis]! * taps + 1;
      return (shape[axis + 2] as number) - reached + 2 * padding[axis]!;
    });
    const attributes = { ...windowAttributes(window), group: groups, output_padding: unreached };
    emitter.add("ConvTranspose", inputs, attributes, { outputs });
  },
});

/** The gradient of an input of `shape` from the windows' gradient `dy`: the adjoint of conv2d. */
export function convTranspose(
  dy: Tensor,
  weight: Tensor,
  shape: Shape,
  attributes: Conv2dAttributes,
): Tensor {
  return convTransposeOp([dy, weight], { ...attributes, shape })[0]!;
}

/** The gradient of the weight: a matrix product of `dy` with the windows, or a correlation for groups. */
function weightGradient(
  x: Tensor,
  weight: Tensor,
  dy: Tensor,
  attributes: Conv2dAttributes,
): Tensor {
  if (attributes.groups === 1)
    return windowProduct([x, dy], { ...attributes, shape: weight.shape })[0]!;
  return correlation(x, weight, dy, attributes);
}

/**
 * `dw[o, c, u, v] = sum over n, i, j of dy[n, o, i, j] x[n, c, i s + u d - p, j s + v d - p]` as one
 * matrix product: images channels last, with the pixels under each kernel entry concatenated.
 */
const windowProduct = defineOp<Conv2dAttributes & { readonly shape: Shape }>({
  name: "conv2d_weight_gradient",
  product: true,
  infer: ([x], { shape }) => [{ dtype: x!.dtype, shape }],
  emit: ({ emitter: e, inputs: [x, dy], outputs, attributes, node }) => {
    const { stride, padding, dilation } = attributes;
    const [outChannels, channels, height, width] = attributes.shape as readonly number[];
    const windows = node.inputs[1]!.shape.slice(2) as readonly number[];
    const [top, left] = padding;
    const framed =
      top + left === 0
        ? x!
        : e.add("Pad", [x!, e.ints([0, 0, top, left, 0, 0, top, left]), e.scalar(0)]);
    const pixels = e.add("Transpose", [framed], { perm: [0, 2, 3, 1] }); // [N, H, W, C]
    const taps: string[] = [];
    for (let u = 0; u < height!; u++) {
      for (let v = 0; v < width!; v++) {
        const start = [u * dilation[0], v * dilation[1]];
        const end = start.map((from, axis) => from + (windows[axis]! - 1) * stride[axis]! + 1);
        const bounds = [start, end, [1, 2], stride].map((list) => e.ints(list));
        taps.push(e.add("Slice", [pixels, ...bounds])); // [N, oH, oW, C]
      }
    }
    const joined = taps.length === 1 ? taps[0]! : e.add("Concat", taps, { axis: 3 });
    const columns = height! * width! * channels!;
    const rows = e.add("Reshape", [joined, e.ints([-1, columns])]); // [N oH oW, kH kW C]
    const slopes = e.add("Transpose", [dy!], { perm: [0, 2, 3, 1] }); // [N, oH, oW, O]
    const flat = e.add("Reshape", [slopes, e.ints([-1, outChannels!])]);
    const product = e.add("Gemm", [flat, rows], { transA: 1 }); // [O, kH kW C]
    const kernel = e.add("Reshape", [product, e.ints([outChannels!, height!, width!, channels!])]);
    e.add("Transpose", [kernel], { perm: [0, 3, 1, 2] }, { outputs });
  },
});

/**
 * Correlates `x` with `dy`: a convolution in which batch and channels swap roles, as do stride and
 * dilation.
 */
function correlation(
  x: Tensor,
  weight: Tensor,
  dy: Tensor,
  { stride, padding, dilation, groups }: Conv2dAttributes,
): Tensor {
  const [batch, channels, height, width] = x.shape;
  const perGroup = divideDim(channels!, groups);
  const split = reshape(x, [batch!, groups, perGroup, height!, width!]);
  const images = reshape(transpose(split, [2, 1, 0, 3, 4]), [perGroup, -1, height!, width!]);
  const kernels = transpose(dy, [1, 0, 2, 3]); // [O, N, oH, oW]
  const taps = correlateOp([images, kernels], {
    stride: dilation,
    padding,
    dilation: stride,
    groups,
  })[0]!; // [C / groups, O, >= kH, >= kW]
  const [, , kernelHeight, kernelWidth] = weight.shape as readonly number[];
  const exact = slice(slice(taps, 2, 0, kernelHeight), 3, 0, kernelWidth);
  return transpose(exact, [1, 0, 2, 3]);
}

/** Like conv2d, for a kernel whose number of channels may only be known at run time. */
const correlateOp = defineOp<Conv2dAttributes>({
  name: "conv2d_correlation",
  product: true,
  infer: ([images, kernels], { stride, padding, dilation }) => {
    const sizes = [2, 3].map((axis) =>
      outputSize(
        images!.shape[axis] as number,
        kernels!.shape[axis] as number,
        stride[axis - 2]!,
        padding[axis - 2]!,
        dilation[axis - 2]!,
      ),
    );
    return [{ dtype: images!.dtype, shape: [images!.shape[0]!, kernels!.shape[0]!, ...sizes] }];
  },
  emit: ({ emitter, inputs, outputs, attributes: { groups, ...window } }) => {
    emitter.add("Conv", inputs, { ...windowAttributes(window), group: groups }, { outputs });
  },
});

/**
 * `y[n, o, i, j] = bias[o] + sum over c, u, v of x[n, c, i s + u d - p, j s + v d - p] w[o, c, u, v]`
 * with stride `s`, dilation `d`, padding `p`; pixels outside are 0.
 *
 * @param x `[N, C, H, W]`
 * @param weight `[O, C / groups, kH, kW]`
 * @param bias `[O]`
 * @returns `[N, O, (H + 2p - d (kH - 1) - 1) / s + 1, ...]`, rounded down
 * @example
 * const [image, kernel] = [array([[[[1, 2], [3, 4]]]]), array([[[[1, 1], [1, 1]]]])];
 * await evaluate((x, w) => conv2d(x, w), [image, kernel]); // [[[[[10]]]]]
 */
export function conv2d(
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
  { stride = 1, padding = 0, dilation = 1, groups = 1 }: Conv2dOptions = {},
): Tensor {
  return convOp(bias === undefined ? [x, weight] : [x, weight, bias], {
    stride: pair(stride),
    padding: pair(padding),
    dilation: pair(dilation),
    groups,
  })[0]!;
}
