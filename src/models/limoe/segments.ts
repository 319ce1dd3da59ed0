/**
 * Patches and words as tokens of LIMoE's towers.
 *
 * Axes: `B` pairs, `S` patches, `L` words, `D` width.
 */
import type { Tensor } from "../../graph/graph.ts";
import { type Dim, divideDim } from "../../graph/shape.ts";
import { lengthMask } from "../../nn/attention/kv-cache.ts";
import { convStem } from "../../nn/conv-stem.ts";
import { embedding } from "../../nn/embedding.ts";
import { truncatedNormal } from "../../nn/initializers.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { patchEmbed } from "../../nn/patch-embed.ts";
import { positionTable } from "../../nn/positions.ts";
import type { Scope } from "../../nn/scope.ts";
import { add } from "../../ops/arithmetic.ts";
import { where } from "../../ops/compare.ts";
import { concat, pad, slice } from "../../ops/join.ts";
import { expand, reshape } from "../../ops/reshape.ts";
import { flatten, requireContext } from "../token-sequences.ts";
import type { Modality, Segment } from "./tower.ts";
import { type LimoeConfig, towerOf } from "./tower-config.ts";

/** Texts as ids `[B, L]` int64 and `lengths` `[B]` int64; ids after the length are padding. */
export interface Texts {
  readonly ids: Tensor;
  readonly lengths: Tensor;
}

/** Patches with positions, and the class token after them if there is one. */
export function imageSegment(scope: Scope, images: Tensor, config: LimoeConfig): Segment {
  const { patchSize, width, stem, initStd } = towerOf(config, "image");
  const at = scope.child("patch_embed");
  const init = truncatedNormal(initStd);
  const patches =
    stem === "conv"
      ? convStem(at, images, { patchSize, width })
      : patchEmbed(at, images, { patchSize, width, weightInit: init }); // [B*S, D]
  const batch = images.shape[0]!;
  const numPatches = divideDim(patches.shape[0]!, batch) as number;
  const rows = reshape(patches, [batch, numPatches, width]);
  const numBefore = Number(config.imageTower?.classToken ?? false);
  const table = positionTable(scope, "image_pos_embed", [1, numBefore + numPatches, width], init);
  if (numBefore === 0) {
    return { modality: "image", tokens: normed(scope, add(rows, table), "image", config) };
  }
  const token = scope.parameter("image_cls_token", [1, 1, width], init, { decay: false });
  const placed = add(rows, slice(table, 1, 1)); // [B, S, D]
  const first = expand(add(token, slice(table, 1, 0, 1)), slice(placed, 1, 0, 1)); // [B, 1, D]
  const tokens = concat([placed, first], 1);
  return { modality: "image", tokens: normed(scope, tokens, "image", config) };
}

/**
 * Words with positions. With a pad id, texts are filled up to the context length and have no padding.
 *
 * @throws UserError (exit code 2) if texts have more tokens than there are positions
 */
export function textSegment(scope: Scope, texts: Texts, config: LimoeConfig): Segment {
  const { width, initStd, contextLength, vocabularySize } = towerOf(config, "text");
  requireContext("texts", texts.ids.shape[1] as number, contextLength);
  const padId = config.textTower?.padId;
  const ids = padId === undefined ? texts.ids : filled(texts, contextLength, padId);
  const [batch, numTokens] = ids.shape as [Dim, number];
  const init = truncatedNormal(initStd);
  const words = embedding(scope.child("text_embed"), flatten(ids), {
    numEmbeddings: vocabularySize,
    width,
    init,
  }); // [B*L, D]
  const positions = positionTable(scope, "text_pos_embed", [1, contextLength, width], init);
  const sums = add(reshape(words, [batch, numTokens, width]), slice(positions, 1, 0, numTokens));
  const tokens = normed(scope, sums, "text", config);
  return { modality: "text", tokens, ids, ...(padId === undefined && { lengths: texts.lengths }) };
}

/** Ids `[B, L]` with the pad id in place of what follows each text, up to the context length. */
function filled({ ids, lengths }: Texts, contextLength: number, padId: number): Tensor {
  const missing = contextLength - (ids.shape[1] as number);
  const known = where(lengthMask(lengths, ids.shape[1] as number), ids, padId);
  return missing === 0 ? known : pad(known, 1, 0, missing, padId);
}

/** Tokens after the norm of the embeddings, if the tower has one. */
function normed(scope: Scope, tokens: Tensor, modality: Modality, config: LimoeConfig): Tensor {
  const { embeddingNorm, normEpsilon } = towerOf(config, modality);
  if (!embeddingNorm) return tokens;
  return layerNorm(scope.child(`${modality}_tower`).child("embedding_norm"), tokens, normEpsilon);
}
