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

import { defined } from "../../graph/defined.ts";
import type { Tensor } from "../../graph/graph.ts";
import { type Dim, divideDim, product } from "../../graph/shape.ts";
import { convStem } from "../../nn/conv-stem.ts";
import { embedding } from "../../nn/embedding.ts";
import { truncatedNormal } from "../../nn/initializers.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import { patchEmbed } from "../../nn/patch-embed.ts";
import { positionTable } from "../../nn/positions.ts";
import type { Scope } from "../../nn/scope.ts";
import { add } from "../../ops/arithmetic.ts";
import { concat, slice, split } from "../../ops/join.ts";
import { l2Normalize } from "../../ops/l2-normalize.ts";
import { reduceMean } from "../../ops/reduce.ts";
import { expand, reshape, squeeze } from "../../ops/reshape.ts";
import type { PairEmbeddings } from "../contrastive-model.ts";
import { flatten, meanOfTokens, requireContext, tokenMask } from "../token-sequences.ts";
import type { NormPlace } from "../transformer-blocks.ts";
import { type LimoeTowerConfig, limoeTower, type Modality, type Segment } from "./tower.ts";

export interface LimoeConfig extends LimoeTowerConfig {
  /** One tower for both modalities (LIMoE), or one per modality (CLIP). */
  readonly towers: "one" | "two";
  /** What is different in one of two towers. */
  readonly imageTower?: ImageTowerConfig | undefined;
  readonly textTower?: TextTowerConfig | undefined;
  readonly patchSize: number;
  /** Patch embedding: one linear layer, or a convolution stem. */
  readonly stem: "linear" | "conv";
  /** Maximum number of tokens of a text, including start and end tokens. */
  readonly contextLength: number;
  /** `P` */
  readonly embedDim: number;
  readonly contrastive: {
    readonly form: "info_nce" | "siglip";
    readonly temperature: number;
    /** Whether the temperature is learned, starting from `temperature`. */
    readonly learnedTemperature: boolean;
    /** Lower bound of a learned temperature. */
    readonly minTemperature: number;
  };
}

type Shared = "numLayers" | "numHeads" | "dropout" | "moeLayers" | "normEpsilon";
type TowerOptions = Undefinable<Pick<LimoeTowerConfig, Shared>>;
/** Settings may be present without a value. */
type Undefinable<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

export interface ImageTowerConfig extends TowerOptions {
  /** Whether a class token takes part in attention, as in pre-trained vision transformers. */
  readonly classToken: boolean;
  /** The mean of the patches, the class token, or both one after the other. */
  readonly pool: "mean" | "cls" | "cls_mean";
}

export interface TextTowerConfig extends TowerOptions {
  readonly norm: NormPlace;
  /** Whether the sums of token and position embeddings are normalised. */
  readonly embeddingNorm: boolean;
  /** The mean of the tokens, or the first. */
  readonly pool: "mean" | "cls";
}

/** Texts as ids `[B, L]` int64 and `lengths` `[B]` int64; ids after the length are padding. */
export interface Texts {
  readonly ids: Tensor;
  readonly lengths: Tensor;
}

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
  const own = config[`${segment.modality}Tower`] ?? {};
  const [tokens] = limoeTower(tower, [segment], { ...config, ...defined(own) });
  return embed(scope, segment, tokens!, config);
}

/** Projects a sample's pooled tokens `[B, S, D]` into the shared space, with unit length. */
function embed(scope: Scope, segment: Segment, tokens: Tensor, config: LimoeConfig): Tensor {
  const { embedDim, initStd } = config;
  const pooled = segment.modality === "image" ? poolImage(tokens, config) : poolText(tokens, segment, config); // biome-ignore format: two cases
  const head = scope.child(HEADS[segment.modality]);
  const init = { bias: false, weightInit: truncatedNormal(initStd) };
  return l2Normalize(linear(head, pooled, embedDim, init)); // [B, P]
}

/** Features of images from their patches and the class token, if there is one, which comes last. */
function poolImage(tokens: Tensor, { imageTower }: LimoeConfig): Tensor {
  if (!imageTower?.classToken) return reduceMean(tokens, 1); // [B, D]
  const numPatches = (tokens.shape[1] as number) - 1;
  const [patches, token] = split(tokens, [numPatches, 1], 1) as [Tensor, Tensor];
  if (imageTower.pool === "mean") return reduceMean(patches, 1);
  const first = squeeze(token, 1); // [B, D]
  return imageTower.pool === "cls" ? first : concat([first, reduceMean(patches, 1)], 1); // [B, 2D]
}

function poolText(tokens: Tensor, { lengths }: Segment, { textTower }: LimoeConfig): Tensor {
  if (textTower?.pool === "cls") return squeeze(slice(tokens, 1, 0, 1), 1); // [B, D]
  return meanOfText(tokens, lengths!);
}

function meanOfText(tokens: Tensor, lengths: Tensor): Tensor {
  const [batch, numTokens, width] = tokens.shape as [Dim, number, number];
  const rows = reshape(tokens, [product([batch, numTokens]), width]);
  return meanOfTokens(rows, tokenMask(lengths, numTokens), lengths, numTokens);
}

const HEADS: Readonly<Record<Modality, string>> = { image: "image_head", text: "text_head" };

function imageSegment(scope: Scope, images: Tensor, config: LimoeConfig): Segment {
  const { patchSize, width, stem, initStd } = config;
  const at = scope.child("patch_embed");
  const init = truncatedNormal(initStd);
  const patches =
    stem === "conv"
      ? convStem(at, images, { patchSize, width })
      : patchEmbed(at, images, { patchSize, width, weightInit: init }); // [B*S, D]
  const batch = images.shape[0]!;
  const numPatches = divideDim(patches.shape[0]!, batch) as number;
  const rows = reshape(patches, [batch, numPatches, width]);
  if (!config.imageTower?.classToken) {
    const positions = positionTable(scope, "image_pos_embed", [1, numPatches, width], init);
    return { modality: "image", tokens: add(rows, positions) };
  }
  const table = positionTable(scope, "image_pos_embed", [1, 1 + numPatches, width], init);
  const token = scope.parameter("image_cls_token", [1, 1, width], init, { decay: false });
  const placed = add(rows, slice(table, 1, 1)); // [B, S, D]
  const first = expand(add(token, slice(table, 1, 0, 1)), slice(placed, 1, 0, 1)); // [B, 1, D]
  return { modality: "image", tokens: concat([placed, first], 1) };
}

/** @throws UserError (exit code 2) if texts have more tokens than there are positions */
function textSegment(scope: Scope, { ids, lengths }: Texts, config: LimoeConfig): Segment {
  const { width, initStd, contextLength, vocabularySize } = config;
  const [batch, numTokens] = [ids.shape[0]!, ids.shape[1] as number];
  requireContext("texts", numTokens, contextLength);
  const init = truncatedNormal(initStd);
  const words = embedding(scope.child("text_embed"), flatten(ids), {
    numEmbeddings: vocabularySize,
    width,
    init,
  }); // [B*L, D]
  const positions = positionTable(scope, "text_pos_embed", [1, contextLength, width], init);
  const sums = add(reshape(words, [batch, numTokens, width]), slice(positions, 1, 0, numTokens));
  const { embeddingNorm = false, normEpsilon } = config.textTower ?? {};
  const tokens = embeddingNorm
    ? layerNorm(scope.child("text_tower").child("embedding_norm"), sums, normEpsilon)
    : sums;
  return { modality: "text", tokens, ids, lengths };
}
