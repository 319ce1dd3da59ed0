/**
 * LIMoE: one sparse tower that embeds images and texts in one space (arXiv:2206.02770), and its
 * baselines: a dense tower (no MoE blocks), and one tower per modality, dense as in CLIP
 * (arXiv:2103.00020) or sparse.
 *
 * The code of LIMoE was never released. Where the paper is not specific, this code makes these choices:
 * - Tokens attend to tokens of their own modality; both modalities share all weights of the blocks.
 * - Images and texts are pooled by the mean of their tokens without padding; each modality has a
 *   separate linear projection into the shared space.
 * - Tokens of both modalities compete for expert capacity in one group, the batch.
 * - A single image or text is routed without a capacity limit, so that its embedding does not depend
 *   on the rest of the batch.
 *
 * Axes: `B` pairs, `S` patches, `L` words, `D` width, `P` width of the shared space.
 */

import type { Tensor } from "../../graph/graph.ts";
import { truncatedNormal } from "../../nn/initializers.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { l2Normalize } from "../../ops/l2-normalize.ts";
import type { PairEmbeddings } from "../contrastive-model.ts";
import { pooledTokens } from "./pooling.ts";
import { imageSegment, type Texts, textSegment } from "./segments.ts";
import { limoeTower, type Modality, type Segment } from "./tower.ts";
import { type LimoeConfig, towerOf } from "./tower-config.ts";

/**
 * Embeddings of images and their texts, whose tokens are routed together.
 *
 * Parameters: `patch_embed`, `image_pos_embed` `[1, S, D]`, `text_embed.weight` `[V, D]`,
 * `text_pos_embed` `[1, L, D]`, `blocks.i`, `norm`, `image_head.weight` and `text_head.weight`
 * `[P, D]`; with two towers, blocks and norm under `image_tower` and `text_tower`. An image tower with
 * a class token has `image_cls_token` `[1, 1, D]` and one more position, the first.
 *
 * @param images `[B, channels, H, W]`, normalised
 * @throws UserError (exit code 2) if texts have more tokens than there are positions
 * @example
 * const { model } = loadConfig("limoe-flickr8k-small", trainConfigSchema);
 * const config = { ...model, vocabularySize: 10, embedDim: 16 };
 * const embeddings = (scope, { images, ids, lengths }) => limoe(scope, images, { ids, lengths }, config);
 * const inputs = {
 *   images: allocate("float32", [2, 3, 64, 64]),
 *   ids: array([[1, 2, 3], [1, 4, 0]], "int64"),
 *   lengths: array([3, 2], "int64"),
 * };
 * const { output } = await apply(embeddings, init(embeddings, inputs), inputs);
 * const { shape } = output.texts; // [2, 16]
 */
export function limoe(
  scope: Scope,
  images: Tensor,
  texts: Texts,
  config: LimoeConfig,
): PairEmbeddings {
  const segments = [imageSegment(scope, images, config), textSegment(scope, texts, config)];
  if (config.towers === "two") {
    const [own, other] = segments.map((segment) => encode(scope, segment, config));
    return { images: own!, texts: other! };
  }
  const [patches, words] = limoeTower(scope, segments, config) as [Tensor, Tensor];
  return {
    images: embed(scope, segments[0]!, patches, config),
    texts: embed(scope, segments[1]!, words, config),
  };
}

/** Embeddings of images without texts, `[B, P]`. */
export function encodeImages(scope: Scope, images: Tensor, config: LimoeConfig): Tensor {
  return encode(scope, imageSegment(scope, images, config), unlimited(config));
}

/** Embeddings of texts without images, `[B, P]`. */
export function encodeTexts(scope: Scope, texts: Texts, config: LimoeConfig): Tensor {
  return encode(scope, textSegment(scope, texts, config), unlimited(config));
}

/** The model without capacity limits, and without losses, which need tokens of both modalities. */
function unlimited(config: LimoeConfig): LimoeConfig {
  const { moe } = config;
  if (moe.dispatch.name !== "capacity") return { ...config, moe: { ...moe, losses: [] } };
  return { ...config, moe: { ...moe, losses: [], dispatch: { name: "dropless" } } };
}

/** Encodes one modality with its tower. */
function encode(scope: Scope, segment: Segment, config: LimoeConfig): Tensor {
  const tower = config.towers === "one" ? scope : scope.child(`${segment.modality}_tower`);
  const [tokens] = limoeTower(tower, [segment], towerOf(config, segment.modality));
  return embed(scope, segment, tokens!, config);
}

/** Projects a sample's pooled tokens `[B, S, D]` into the shared space, with unit length. */
function embed(scope: Scope, segment: Segment, tokens: Tensor, config: LimoeConfig): Tensor {
  const { modality } = segment;
  const { embedDim, initStd, projection, projectionBias: bias } = towerOf(config, modality);
  const pooled = pooledTokens(scope, segment, tokens, config); // [B, D]
  if (projection === "none") return l2Normalize(pooled); // [B, P]
  const init = { bias, weightInit: truncatedNormal(initStd) };
  return l2Normalize(linear(scope.child(HEADS[modality]), pooled, embedDim, init)); // [B, P]
}

const HEADS: Readonly<Record<Modality, string>> = { image: "image_head", text: "text_head" };
