/**
 * A vision transformer with mixtures of experts in some or all blocks (V-MoE, arXiv:2106.05974, with
 * mean pooling). It supports every router, dispatcher, expert and loss of the toolkit. Without experts
 * (`moe_layers: none`) it is a dense vision transformer.
 *
 * Axes: `B` images, `S` patches, `D` width, `C` classes.
 */

import type { Tensor } from "../../graph/graph.ts";
import { divideDim } from "../../graph/shape.ts";
import { createMoe } from "../../moe/create-moe.ts";
import type { MoeSettings } from "../../moe/settings.ts";
import { type MoeLayers, moeBlocks } from "../../moe/sparse-blocks.ts";
import { selfAttention } from "../../nn/attention/attention.ts";
import { convStem } from "../../nn/conv-stem.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import { patchEmbed } from "../../nn/patch-embed.ts";
import { positionTable } from "../../nn/positions.ts";
import type { Scope } from "../../nn/scope.ts";
import { add } from "../../ops/arithmetic.ts";
import { reduceMean } from "../../ops/reduce.ts";
import { reshape } from "../../ops/reshape.ts";
import { transformerBlocks } from "../transformer-blocks.ts";

export interface VitMoeConfig {
  readonly patchSize: number;
  /** Patch embedding: one linear layer (default), or a convolution stem. */
  readonly stem?: "linear" | "conv";
  readonly width: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly numClasses: number;
  readonly moeLayers: MoeLayers;
  readonly moe: MoeSettings;
}

/**
 * Class logits of images.
 *
 * @param images `[B, channels, H, W]`
 * @returns `[B, C]`
 * @example
 * const { model } = loadConfig("shapes-vit-moe", trainConfigSchema);
 * const logits = (scope, { images }) => vitMoe(scope, images, { ...model, numClasses: 8 });
 * const inputs = { images: allocate("float32", [2, 3, 32, 32]) };
 * const { output } = await apply(logits, init(logits, inputs), inputs);
 * output.shape; // [2, 8]
 */
export function vitMoe(scope: Scope, images: Tensor, config: VitMoeConfig): Tensor {
  const { width, patchSize, stem = "linear" } = config;
  const embed = stem === "conv" ? convStem : patchEmbed;
  const patches = embed(scope.child("patch_embed"), images, { patchSize, width }); // [B*S, D]
  const numTokens = divideDim(patches.shape[0]!, images.shape[0]!) as number;
  const perImage = [images.shape[0]!, numTokens, width];
  const position = positionTable(scope, "pos_embed", [1, numTokens, width]);
  let x = reshape(add(reshape(patches, perImage), position), patches.shape); // [B*S, D]
  x = transformerBlocks(scope, x, {
    numLayers: config.numLayers,
    sparse: moeBlocks(config.moeLayers, config.numLayers),
    layer: createMoe(config.moe, { width, numTokens }),
    tokens: {},
    attention: (at, normed) => selfAttention(at, normed, { numTokens, numHeads: config.numHeads }),
  });
  x = layerNorm(scope.child("norm"), x);
  const pooled = scope.tap("features", reduceMean(reshape(x, perImage), 1)); // [B, D]
  return linear(scope.child("head"), pooled, config.numClasses);
}
