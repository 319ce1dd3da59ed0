import { usageError } from "../graph/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { product } from "../graph/shape.ts";
import { affine } from "../ops/matmul.ts";
import { reshape, transpose } from "../ops/reshape.ts";
import { fans, type Initializer, torchLinear, uniformOf, zeros } from "./initializers.ts";
import type { Scope } from "./scope.ts";

export interface PatchEmbedOptions {
  readonly patchSize: number;
  readonly width: number;
  readonly weightInit?: Initializer;
}

/**
 * Rows and columns of patches of an image.
 *
 * @throws UserError (exit code 2) if the image size is not a multiple of the patch size
 * @example
 * patchGrid(32, 16, 8).rows; // 4
 */
export function patchGrid(
  height: number,
  width: number,
  patchSize: number,
): { rows: number; columns: number } {
  if (height % patchSize !== 0 || width % patchSize !== 0) {
    throw usageError(
      `an image of ${height}x${width} pixels cannot be divided into patches of ${patchSize}; choose a patch_size that divides both`,
    );
  }
  return { rows: height / patchSize, columns: width / patchSize };
}

/**
 * Splits images into patches, row by row: `[B, C, H, W]` to `[B*S, C*P*P]`.
 *
 * @example
 * const [y] = await evaluate((x) => patchify(x, 1), [array([[[[1, 2]]]])]); // [[1], [2]]
 */
export function patchify(images: Tensor, patchSize: number): Tensor {
  const [batch, channels, height, width] = images.shape;
  const { rows, columns } = patchGrid(height as number, width as number, patchSize);
  const cut = reshape(images, [batch!, channels!, rows, patchSize, columns, patchSize]);
  const patches = transpose(cut, [0, 2, 4, 1, 3, 5]); // [B, rows, columns, C, P, P]
  return reshape(patches, [
    product([batch!, rows * columns]),
    (channels as number) * patchSize * patchSize,
  ]);
}

/**
 * Linear embedding of image patches (arXiv:2010.11929, equation 1): the convolution whose kernel
 * and stride are the patch size, computed as one matrix product.
 *
 * Parameters `proj.weight` `[D, C, P, P]`, `proj.bias` `[D]`.
 *
 * @param images `[B, C, H, W]`
 * @returns `[B*S, D]`, `S = (H/P) * (W/P)`
 * @example
 * const layer = (scope, { x }) => patchEmbed(scope, x, { patchSize: 4, width: 8 });
 * const inputs = { x: allocate("float32", [1, 3, 8, 8]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [4, 8]
 */
export function patchEmbed(scope: Scope, images: Tensor, options: PatchEmbedOptions): Tensor {
  const { patchSize, width, weightInit } = options;
  const patches = patchify(images, patchSize); // [B*S, C*P*P]
  const shape = [width, images.shape[1] as number, patchSize, patchSize];
  const proj = scope.child("proj");
  const weight = proj.parameter("weight", shape, weightInit ?? torchLinear);
  const bound = 1 / Math.sqrt(fans(shape).fanIn);
  const bias = proj.parameter("bias", [width], weightInit === undefined ? uniformOf(bound) : zeros);
  return affine(patches, reshape(weight, [width, -1]), bias);
}
