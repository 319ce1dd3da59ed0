/** The vision transformer of SeeMoE. */

import type { Tensor } from "../../graph/graph.ts";
import { type Dim, divideDim, product } from "../../graph/shape.ts";
import { createMoe } from "../../moe/create-moe.ts";
import type { MoeSettings } from "../../moe/settings.ts";
import { type MoeLayers, moeBlocks } from "../../moe/sparse-blocks.ts";
import { selfAttention } from "../../nn/attention/attention.ts";
import { convStem } from "../../nn/conv-stem.ts";
import { dropout } from "../../nn/dropout.ts";
import { zeros } from "../../nn/initializers.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { patchEmbed } from "../../nn/patch-embed.ts";
import { positionTable } from "../../nn/positions.ts";
import type { Scope } from "../../nn/scope.ts";
import { add } from "../../ops/arithmetic.ts";
import { concat, slice } from "../../ops/join.ts";
import { expand, reshape } from "../../ops/reshape.ts";
import type { Prefix } from "../token-sequences.ts";
import { transformerBlocks } from "../transformer-blocks.ts";

export interface VisionTowerConfig {
  readonly patchSize: number;
  /** Patch embedding: one linear layer, or a convolution stem. */
  readonly stem: "linear" | "conv";
  readonly width: number;
  readonly numLayers: number;
  readonly numHeads: number;
  /** Whether queries, keys and values have a bias; the original has none. */
  readonly qkvBias: boolean;
  /** Dropout rate of embeddings, attention weights and attention outputs. */
  readonly dropout: number;
  /** The output: one class token per image, or all patches. */
  readonly pool: "cls" | "patches";
  /** Whether a class token precedes the patches even if the output has none. */
  readonly classToken: boolean;
  /** Added to the variance in norms. */
  readonly normEpsilon: number;
  /** Blocks with experts; all others have a dense layer with the experts' architecture. */
  readonly moeLayers: MoeLayers;
  readonly moe: MoeSettings;
}

/**
 * Encodes patches, and a class token before them if `pool` is `cls` or `classToken` is set, with pre-norm blocks and a final
 * norm (arXiv:2010.11929, section 3.1).
 *
 * Parameters `patch_embed`, `pos_embed` `[1, S, D]`, `blocks.i` and `norm` have the names of `vitMoe`,
 * so that its weights can be loaded; the class token has `cls_token` and `cls_pos_embed` `[1, 1, D]`.
 *
 * @param images `[B, channels, H, W]`
 * @returns class tokens `[B, D]`, or patch tokens `[B*S, D]`
 */
export function visionTower(scope: Scope, images: Tensor, config: VisionTowerConfig): Prefix {
  const { width, patchSize, pool, numHeads, normEpsilon } = config;
  const batch = images.shape[0] as Dim;
  const embed = config.stem === "conv" ? convStem : patchEmbed;
  const patches = embed(scope.child("patch_embed"), images, { patchSize, width }); // [B*S, D]
  const numPatches = divideDim(patches.shape[0]!, batch) as number;
  const position = positionTable(scope, "pos_embed", [1, numPatches, width]);
  let x = add(reshape(patches, [batch, numPatches, width]), position); // [B, S, D]
  if (hasClassToken(config)) x = concat([classTokens(scope, x), x], 1); // [B, S+1, D]
  const numTokens = x.shape[1] as number; // T
  x = reshape(x, [product([batch, numTokens]), width]); // [B*T, D]
  const rate = config.dropout;
  x = dropout(scope.child("embed_dropout"), x, rate);
  x = transformerBlocks(scope, x, {
    numLayers: config.numLayers,
    sparse: moeBlocks(config.moeLayers, config.numLayers),
    layer: createMoe(config.moe, { width, numTokens }),
    tokens: {},
    normEpsilon,
    attention: (at, normed) => {
      const options = { numTokens, numHeads, qkvBias: config.qkvBias, dropout: rate };
      return dropout(at.child("out"), selfAttention(at, normed, options), rate);
    },
  });
  const norm = scope.child("norm");
  if (numTokens === numPatches) return { tokens: layerNorm(norm, x, normEpsilon), numTokens };
  const [start, count] = pool === "cls" ? [0, 1] : [1, numPatches];
  const kept = slice(reshape(x, [batch, numTokens, width]), 1, start, start + count); // [B, P, D]
  const rows = reshape(kept, [product([batch, count]), width]); // [B*P, D]
  return { tokens: layerNorm(norm, rows, normEpsilon), numTokens: count };
}

/** Whether a class token precedes the patches. */
export function hasClassToken({
  pool,
  classToken,
}: Pick<VisionTowerConfig, "pool" | "classToken">): boolean {
  return pool === "cls" || classToken;
}

/** The class token plus its position, repeated for every image of patches `[B, S, D]`: `[B, 1, D]`. */
function classTokens(scope: Scope, patches: Tensor): Tensor {
  const shape = [1, 1, patches.shape[2] as number];
  const token = scope.parameter("cls_token", shape, zeros, { decay: false });
  const position = positionTable(scope, "cls_pos_embed", shape);
  return expand(add(token, position), slice(patches, 1, 0, 1));
}
