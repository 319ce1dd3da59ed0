import { usageError } from "../graph/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { product } from "../graph/shape.ts";
import { relu } from "../ops/activation.ts";
import { reshape, transpose } from "../ops/reshape.ts";
import { batchNorm } from "./batch-norm.ts";
import { conv } from "./conv.ts";
import { kaimingNormal } from "./initializers.ts";
import { patchGrid } from "./patch-embed.ts";
import type { Scope } from "./scope.ts";

/**
 * Embeds patches with several strided convolutions instead of one linear map (arXiv:2106.14881): small
 * transformers learn faster and tolerate higher learning rates.
 *
 * For a patch of `2^n` pixels: `n` times 3x3 convolution with stride 2, batch norm, ReLU, the width
 * doubling up to `D`; then a 3x3 convolution to `D`. The paper ends with a 1x1 convolution, for patches of 16
 * pixels; with patches of 4 its receptive field is too small.
 *
 * @param images `[B, C, H, W]`
 * @returns `[B*S, D]`, one token per patch, row by row
 * @throws UserError (exit code 2) if the patch size is not a power of two
 * @example
 * const layer = (scope, { x }) => convStem(scope, x, { patchSize: 4, width: 8 });
 * const inputs = { x: allocate("float32", [1, 3, 8, 8]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [4, 8]
 */
export function convStem(
  scope: Scope,
  images: Tensor,
  { patchSize, width }: { readonly patchSize: number; readonly width: number },
): Tensor {
  const depth = Math.log2(patchSize);
  if (!Number.isInteger(depth) || depth < 1) {
    throw usageError(
      `a convolution stem halves the image step by step and needs a patch_size of 2, 4, 8, ..., got ${patchSize}`,
    );
  }
  const [batch, , height, imageWidth] = images.shape;
  const { rows, columns } = patchGrid(height as number, imageWidth as number, patchSize);
  let x = images;
  for (let i = 0; i < depth; i++) {
    const channels = Math.max(8, Math.round(width / 2 ** (depth - 1 - i)));
    const options = {
      kernelSize: 3,
      stride: 2,
      padding: 1,
      bias: false,
      weightInit: kaimingNormal(),
    };
    x = conv(scope.child(`conv${i + 1}`), x, channels, options); // [B, channels, H/2^(i+1), W/2^(i+1)]
    x = relu(batchNorm(scope.child(`norm${i + 1}`), x));
  }
  x = conv(scope.child("proj"), x, width, { kernelSize: 3, padding: 1 }); // [B, D, rows, columns]
  const tokens = transpose(x, [0, 2, 3, 1]); // [B, rows, columns, D]
  return reshape(tokens, [product([batch!, rows * columns]), width]);
}
