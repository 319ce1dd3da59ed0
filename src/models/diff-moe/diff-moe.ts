/**
 * Diff-MoE: a vision transformer whose feed-forward layers are mixtures of shared and
 * modality-specific experts, and whose patches can attend to a text (github.com/yaolidong/diff-MoE,
 * commit 4d2c44e, rewritten; the layout `global` comes from commit 936f394).
 *
 * Differences from the original:
 * - Modality-specific experts only receive tokens of their modality. In the original, shared and
 *   modality-specific experts were indistinguishable slots of one router.
 * - Initial values of the router (orthogonal, gain 0.1) and the experts (Xavier) are kept; the
 *   original overwrote them with a global N(0, 0.02).
 * - Without text the cross-attention step is skipped; the original added a second normalised copy of
 *   the tokens to themselves.
 * - Padding of texts is masked; the original accepted a mask but ignored it.
 * - Texts never depend on the true label; the original passed the description of the true class in
 *   training and test. See `diffMoeWithPrompts` and `diffMoeWithCaptions`.
 *
 * Axes: `B` images, `S` patches, `D` width, `C` classes.
 */

import type { Tensor } from "../../graph/graph.ts";
import { type Dim, divideDim, product } from "../../graph/shape.ts";
import { convStem } from "../../nn/conv-stem.ts";
import { dropout } from "../../nn/dropout.ts";
import { truncatedNormal } from "../../nn/initializers.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import { patchEmbed } from "../../nn/patch-embed.ts";
import { positionTable } from "../../nn/positions.ts";
import type { Scope } from "../../nn/scope.ts";
import { add } from "../../ops/arithmetic.ts";
import { reduceMean } from "../../ops/reduce.ts";
import { reshape } from "../../ops/reshape.ts";
import { repeat } from "../../ops/tile.ts";
import { type DiffMoeBlockConfig, diffMoeBlock, type TextContext } from "./block.ts";
import { tokenType } from "./text.ts";

export interface DiffMoeConfig extends DiffMoeBlockConfig {
  readonly patchSize: number;
  /** Patch embedding: one linear layer (original), or a convolution stem. */
  readonly stem: "linear" | "conv";
  readonly numLayers: number;
  readonly numClasses: number;
}

export interface EncodeImagesOptions {
  /** The text that patches attend to. Default: none; fusion steps are skipped. */
  readonly text?: TextContext | undefined;
  /** Copies of each image, adjacent along the batch axis. Default 1. */
  readonly copies?: number;
}

/**
 * Class logits of images.
 *
 * @param images `[B, channels, H, W]`, normalised
 * @returns `[B, C]`
 * @example
 * const { model } = loadConfig("diff-moe-shapes", trainConfigSchema);
 * const config = diffMoeConfig(model, 8);
 * const logits = (scope, { images }) => diffMoe(scope, images, config);
 * const inputs = { images: allocate("float32", [2, 3, 32, 32]) };
 * const { output } = await apply(logits, init(logits, inputs), inputs);
 * output.shape; // [2, 8]
 */
export function diffMoe(
  scope: Scope,
  images: Tensor,
  config: DiffMoeConfig,
  options: EncodeImagesOptions = {},
): Tensor {
  return classify(scope, encodeImages(scope, images, config, options), config);
}

/** Mean of the normalised patches, `[B, channels, H, W]` to `[B*copies, D]`; tap `pooled`. */
export function encodeImages(
  scope: Scope,
  images: Tensor,
  config: DiffMoeConfig,
  { text, copies = 1 }: EncodeImagesOptions = {},
): Tensor {
  const embedded = embedImage(scope, images, config); // [B*S, D]
  const numTokens = divideDim(embedded.shape[0]!, images.shape[0]!) as number;
  let x = copies === 1 ? embedded : repeatImages(embedded, numTokens, copies); // [B*copies*S, D]
  x = dropout(scope.child("embed"), x, config.dropout);
  for (let i = 0; i < config.numLayers; i++) {
    const known = { modality: "image", numTokens, text } as const;
    x = diffMoeBlock(scope.child("blocks").child(i), x, config, known);
  }
  x = layerNorm(scope.child("norm"), x, config.layerNormEpsilon);
  const batch = product([images.shape[0]!, copies]);
  const perImage = reshape(x, [batch, numTokens, config.width]); // [B*copies, S, D]
  return scope.tap("pooled", reduceMean(perImage, 1));
}

/** The classification head, `[B, D]` to `[B, C]`. */
export function classify(scope: Scope, pooled: Tensor, config: DiffMoeConfig): Tensor {
  return linear(scope.child("head"), pooled, config.numClasses, {
    weightInit: truncatedNormal(config.initStd),
  });
}

function repeatImages(x: Tensor, numTokens: number, copies: number): Tensor {
  const [rows, width] = x.shape as [Dim, number];
  const perImage = reshape(x, [divideDim(rows, numTokens), numTokens * width]);
  return reshape(repeat(perImage, copies), [product([rows, copies]), width]);
}

/** Patches with position and token-type embeddings, `[B*S, D]`. */
function embedImage(scope: Scope, images: Tensor, config: DiffMoeConfig): Tensor {
  const { patchSize, width } = config;
  const embed = scope.child("patch_embed");
  const init = truncatedNormal(config.initStd);
  const patches =
    config.stem === "conv"
      ? convStem(embed, images, { patchSize, width })
      : patchEmbed(embed, images, { patchSize, width, weightInit: init });
  const numTokens = divideDim(patches.shape[0]!, images.shape[0]!) as number;
  const position = positionTable(scope, "pos_embed", [1, numTokens, width], init);
  const place = add(position, tokenType(scope, "image", config)); // [1, S, D]
  const x = add(reshape(patches, [images.shape[0]!, numTokens, width]), place); // [B, S, D]
  return reshape(x, patches.shape);
}
