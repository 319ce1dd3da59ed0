/**
 * A residual network instead of patches (hybrid vision transformers, arXiv:2010.11929, section 3.1).
 *
 * Axes: `B` images, `C` channels, `H` and `W` pixels, `D` width of the tokens.
 */
import { usageError } from "../graph/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { product } from "../graph/shape.ts";
import { relu } from "../ops/activation.ts";
import { add } from "../ops/arithmetic.ts";
import { conv2d } from "../ops/conv.ts";
import { groupNorm } from "../ops/group-norm.ts";
import { pad } from "../ops/join.ts";
import { layerNorm } from "../ops/layer-norm.ts";
import { maxPool2d } from "../ops/pool.ts";
import { reshape, transpose } from "../ops/reshape.ts";
import { conv } from "./conv.ts";
import { type Initializer, kaimingNormal, ones, zeros } from "./initializers.ts";
import { patchGrid } from "./patch-embed.ts";
import type { Scope } from "./scope.ts";

export interface ResnetStemOptions {
  /** Side of a token in pixels; it must match the total stride of the network. */
  readonly patchSize: number;
  /** `D` */
  readonly width: number;
  /** Bottleneck blocks of each stage; R26 is `[2, 2, 2, 2]`. */
  readonly layers: readonly number[];
  /** Channels after the first convolution; the stages have 4, 8, 16, ... times this number. R26: 64. */
  readonly channels: number;
}

const MOST_GROUPS = 32;

/**
 * Features of a small ResNet as tokens: 7x7 convolution with stride 2, 3x3 maximum with stride 2, then
 * stages of bottleneck blocks, each but the first with stride 2, and a 1x1 convolution to `D`.
 *
 * Weights of convolutions are standardised and channels normalised in groups (arXiv:1903.10520), the
 * padding is TensorFlow's `SAME`, and names are taken from timm's `vit_small_r26_s32_224`:
 * `backbone.stem`, `backbone.stages.i.blocks.j`, `proj`. Nothing depends on the other images of a batch.
 * If channels are not a multiple of 32, the number of groups is their greatest common divisor with 32.
 *
 * @param images `[B, C, H, W]`
 * @returns `[B*S, D]`, one token per patch, row by row
 * @throws UserError (exit code 2) if `patchSize` is not `4 * 2^(stages - 1)`
 * @example
 * const layer = (scope, { x }) => resnetStem(scope, x, { patchSize: 8, width: 8, layers: [1, 1], channels: 4 });
 * const inputs = { x: allocate("float32", [1, 3, 16, 16]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [4, 8]
 */
export function resnetStem(scope: Scope, images: Tensor, options: ResnetStemOptions): Tensor {
  const { patchSize, width, layers, channels } = options;
  const [batch, , height, imageWidth] = images.shape;
  const reached = 2 ** (layers.length + 1);
  if (patchSize !== reached) {
    throw usageError(
      `a residual stem of ${layers.length} stages makes patches of ${reached} pixels, but patch_size is ${patchSize}; change one of them`,
    );
  }
  const { rows, columns } = patchGrid(height as number, imageWidth as number, patchSize);
  const backbone = scope.child("backbone");
  let x = normedConv(backbone.child("stem"), images, channels, { kernelSize: 7, stride: 2 });
  x = maxPool2d(padSame(relu(x), 3, 2), 3, { stride: 2 }); // [B, C, H/4, W/4]
  for (const [i, count] of layers.entries()) {
    const stage = backbone.child("stages").child(i).child("blocks");
    for (let j = 0; j < count; j++) {
      const stride = i > 0 && j === 0 ? 2 : 1;
      x = bottleneck(stage.child(j), x, 4 * channels * 2 ** i, stride);
    }
  }
  x = conv(scope.child("proj"), x, width, { kernelSize: 1 }); // [B, D, rows, columns]
  const tokens = transpose(x, [0, 2, 3, 1]); // [B, rows, columns, D]
  return reshape(tokens, [product([batch!, rows * columns]), width]);
}

/** 1x1, 3x3 and 1x1 convolutions around a shortcut (arXiv:1512.03385, figure 5). */
function bottleneck(scope: Scope, x: Tensor, outChannels: number, stride: number): Tensor {
  const inner = outChannels / 4;
  const changes = stride > 1 || x.shape[1] !== outChannels;
  const shortcut = changes
    ? normedConv(scope.child("downsample"), x, outChannels, { kernelSize: 1, stride })
    : x;
  let y = relu(normedConv(scope, x, inner, { kernelSize: 1, stride: 1, index: 1 }));
  y = relu(normedConv(scope, y, inner, { kernelSize: 3, stride, index: 2 }));
  // The last scale starts at zero, so the block is initially its shortcut (arXiv:1706.02677).
  const last = { kernelSize: 1, stride: 1, index: 3, scaleInit: zeros };
  return relu(add(normedConv(scope, y, outChannels, last), shortcut));
}

interface NormedConvOptions {
  readonly kernelSize: number;
  readonly stride: number;
  /** Suffix of the names `conv` and `norm`. */
  readonly index?: number;
  readonly scaleInit?: Initializer;
}

/** A convolution with standardised weights, followed by group normalisation. */
function normedConv(
  scope: Scope,
  x: Tensor,
  outChannels: number,
  { kernelSize, stride, index, scaleInit = ones }: NormedConvOptions,
): Tensor {
  const suffix = index ?? "";
  const shape = [outChannels, x.shape[1] as number, kernelSize, kernelSize];
  const weight = scope.child(`conv${suffix}`).parameter("weight", shape, kaimingNormal());
  const y = conv2d(padSame(x, kernelSize, stride), standardizeWeight(weight), undefined, {
    stride,
  });
  const norm = scope.child(`norm${suffix}`);
  const scale = norm.parameter("weight", [outChannels], scaleInit);
  const bias = norm.parameter("bias", [outChannels], zeros);
  return groupNorm(y, commonDivisor(outChannels, MOST_GROUPS), scale, bias);
}

/** Each filter with mean 0 and variance 1 (arXiv:1903.10520, section 3). */
function standardizeWeight(weight: Tensor): Tensor {
  const [out, ...rest] = weight.shape as number[];
  const size = rest.reduce((total, count) => total * count, 1);
  const [one, zero] = [1, 0].map((value) =>
    constant(weight.graph, Array<number>(size).fill(value)),
  );
  return reshape(layerNorm(reshape(weight, [out!, size]), one!, zero!, 1e-8), weight.shape);
}

/** Zero padding so that windows give `ceil(size / stride)` outputs; an odd pixel goes to the far end. */
function padSame(x: Tensor, kernelSize: number, stride: number): Tensor {
  let padded = x;
  for (const axis of [2, 3]) {
    const size = x.shape[axis] as number;
    const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernelSize - size);
    padded = pad(padded, axis, Math.floor(total / 2), Math.ceil(total / 2));
  }
  return padded;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
