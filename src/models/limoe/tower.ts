/** The transformer of LIMoE: one tower for tokens of all modalities, or one per modality. */

import { array } from "../../graph/array.ts";
import { defined } from "../../graph/defined.ts";
import type { Tensor } from "../../graph/graph.ts";
import { constant } from "../../graph/inputs.ts";
import { product } from "../../graph/shape.ts";
import { createMoe, type MoeLayer, type MoeTokens } from "../../moe/create-moe.ts";
import type { MoeSettings } from "../../moe/settings.ts";
import { type MoeLayers, moeBlocks } from "../../moe/sparse-blocks.ts";
import { joinHeads, mixValues, projectHeads, selfAttention } from "../../nn/attention/attention.ts";
import { lengthBias, lengthMask } from "../../nn/attention/kv-cache.ts";
import { dropout } from "../../nn/dropout.ts";
import { truncatedNormal } from "../../nn/initializers.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import type { Scope } from "../../nn/scope.ts";
import { add } from "../../ops/arithmetic.ts";
import { cast, logicalNot } from "../../ops/compare.ts";
import { zerosLike } from "../../ops/gather.ts";
import { concat, slice } from "../../ops/join.ts";
import { reduceMax } from "../../ops/reduce.ts";
import { reshape } from "../../ops/reshape.ts";
import { causalBias } from "../../ops/triangle.ts";
import { flatten } from "../token-sequences.ts";
import { type NormPlace, transformerBlocks } from "../transformer-blocks.ts";

/** The modalities in the order of their ids and of their tokens in a pair. */
export const MODALITIES = ["image", "text"] as const;
export type Modality = (typeof MODALITIES)[number];

export interface LimoeTowerConfig {
  readonly width: number;
  readonly numLayers: number;
  readonly numHeads: number;
  /** Dropout rate of embeddings, attention weights and attention outputs. */
  readonly dropout: number;
  /** Standard deviation of the initial weights of embeddings, attention and heads. */
  readonly initStd: number;
  readonly moeLayers: MoeLayers;
  readonly moe: MoeSettings;
  readonly vocabularySize: number;
  /** Whether tokens attend to earlier tokens only. Default false. */
  readonly causal?: boolean;
  /** Norms before each branch and at the end, or after each addition. Default `pre`. */
  readonly norm?: NormPlace;
  /** Added to the variance in norms. Default 1e-5. */
  readonly normEpsilon?: number | undefined;
}

/** Tokens of one modality, `[B, S, D]`; for texts, tokens after `lengths` `[B]` are padding. */
export interface Segment {
  readonly modality: Modality;
  readonly tokens: Tensor;
  readonly ids?: Tensor;
  readonly lengths?: Tensor;
}

/**
 * Blocks over the tokens of each sample, image before text, then a final norm.
 *
 * Tokens attend to tokens of their own modality only; all modalities share the weights of attention,
 * routers and experts (LIMoE, arXiv:2206.02770, section 2). Padding is neither attended to nor routed.
 *
 * @returns the tokens of each segment, `[B, S, D]`
 */
export function limoeTower(
  scope: Scope,
  segments: readonly Segment[],
  config: LimoeTowerConfig,
): Tensor[] {
  const { width, numLayers, dropout: rate, norm = "pre", normEpsilon } = config;
  const sizes = segments.map(({ tokens }) => tokens.shape[1] as number);
  const numTokens = sizes.reduce((sum, size) => sum + size, 0);
  const joined = concat(
    segments.map(({ tokens }) => tokens),
    1,
  ); // [B, S, D]
  const batch = joined.shape[0]!;
  const rows = reshape(joined, [product([batch, numTokens]), width]); // [B*S, D]
  const x = transformerBlocks(scope, dropout(scope.child("embed"), rows, rate), {
    ...{ numLayers, norm, ...defined({ normEpsilon }) },
    sparse: moeBlocks(config.moeLayers, numLayers),
    layer: towerMoe(config, segments, numTokens),
    tokens: describeTokens(segments, sizes),
    attention: (at, normed) =>
      dropout(at.child("out"), attention(at, normed, segments, sizes, config), rate),
  });
  const last = norm === "pre" ? layerNorm(scope.child("norm"), x, normEpsilon) : x;
  return cut(reshape(last, [batch, numTokens, width]), sizes, 1);
}

function towerMoe(
  { moe, width, vocabularySize }: LimoeTowerConfig,
  segments: readonly Segment[],
  numTokens: number,
): MoeLayer {
  const present = segments.map(({ modality }) => modality);
  const losses = moe.losses.filter(
    ({ modality }) => modality === undefined || present.includes(modality as Modality),
  );
  const hasText = present.includes("text");
  return createMoe(
    { ...moe, losses },
    {
      width,
      numTokens,
      modalities: MODALITIES,
      padding: hasText,
      ...(hasText && present.length === 1 && { vocabularySize }),
    },
  );
}

/** Modality and padding of the tokens `[B*S]`; also their ids if all tokens are text. */
function describeTokens(segments: readonly Segment[], sizes: readonly number[]): MoeTokens {
  const [first] = segments;
  const kinds = segments.map((segment, i) => {
    const zeros = cast(zerosLike(reduceMax(segment.tokens, -1)), "int64"); // [B, S]
    const { graph } = zeros;
    const index = MODALITIES.indexOf(segment.modality);
    return add(zeros, constant(graph, array([Array<number>(sizes[i]!).fill(index)], "int64")));
  });
  const padded = segments.some(({ lengths }) => lengths !== undefined);
  const masks = segments.map(({ lengths }, i) =>
    lengths === undefined
      ? logicalNot(cast(zerosLike(kinds[i]!), "bool"))
      : lengthMask(lengths, sizes[i]!),
  );
  return {
    modality: flatten(concat(kinds, 1)),
    ...(padded && { mask: flatten(concat(masks, 1)) }),
    ...(segments.length === 1 && first!.ids && { ids: flatten(first!.ids) }),
  };
}

/**
 * Self-attention within each modality, with shared weights. Taps: `weights`, or `image.weights` and
 * `text.weights` for two modalities.
 */
function attention(
  scope: Scope,
  x: Tensor,
  segments: readonly Segment[],
  sizes: readonly number[],
  { numHeads, dropout: rate, initStd, causal = false }: LimoeTowerConfig,
): Tensor {
  const options = { numHeads, dropout: rate, weightInit: truncatedNormal(initStd) };
  const hides = segments.map(({ lengths }, i) => {
    if (causal) return { bias: causalBias(x.graph, sizes[i]!) }; // padding comes after all words
    return lengths === undefined ? {} : { bias: lengthBias(lengths, sizes[i]!) };
  });
  const numTokens = sizes.reduce((sum, size) => sum + size, 0);
  if (segments.length === 1) {
    return selfAttention(scope, x, { ...options, ...hides[0], numTokens });
  }
  const { queries, keys, values } = projectHeads(scope, x, numTokens, options);
  const parts = [queries, keys, values].map((heads) => cut(heads, sizes, 3));
  const mixed = segments.map(({ modality }, i) => {
    const [own, ownKeys, ownValues] = parts.map((part) => part[i]!);
    const heads = { queries: own!, keys: ownKeys!, values: ownValues! };
    return mixValues(scope.child(modality), heads, { ...options, ...hides[i] });
  });
  return joinHeads(scope, concat(mixed, 3), x.shape, options);
}

/** Splits a tensor into parts of these sizes along an axis. */
function cut(x: Tensor, sizes: readonly number[], axis: number): Tensor[] {
  if (sizes.length === 1) return [x];
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return slice(x, axis, start - size, start);
  });
}
