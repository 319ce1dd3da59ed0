/**
 * A causal language model with a mixture of experts in every block: makeMoE
 * (github.com/AviSoori1x/makeMoE, commit 0d68228, re-written) and its relatives.
 *
 * With 65 symbols and its other settings it has makeMoE's 8,996,545 parameters. Where it departs:
 * - Router noise is drawn in training only. In the original, evaluation is noisy too, and no two runs
 *   of it give the same loss.
 * - Queries, keys and values of all heads are one matrix: the same numbers, in one product.
 * - Biases begin at zero, not at PyTorch's small uniform numbers.
 * - While text is generated, experts have no limited capacity: what a token gets does not depend on
 *   how many others are read at once, so that a cache changes nothing.
 *
 * Axes: `B` sequences, `S` tokens, `D` width, `V` vocabulary, `L` context length, `H` heads.
 */
import type { Tensor } from "../graph/graph.ts";
import type { MoeSettings } from "../moe/config.ts";
import { createMoe, type MoeLayer } from "../moe/create-moe.ts";
import { type MoeLayers, moeBlocks } from "../moe/placement.ts";
import { type HeadOptions, selfAttention } from "../nn/attention.ts";
import { dropout } from "../nn/dropout.ts";
import { kaimingNormal, normalOf } from "../nn/initializers.ts";
import { attendAndRemember, attendToCache, type KeyValues, lengthBias } from "../nn/kv-cache.ts";
import { layerNorm } from "../nn/layer-norm.ts";
import { linear } from "../nn/linear.ts";
import type { Scope } from "../nn/scope.ts";
import { sub } from "../ops/arithmetic.ts";
import { cast, equal } from "../ops/compare.ts";
import { matmul } from "../ops/matmul.ts";
import { reshape, unsqueeze } from "../ops/reshape.ts";
import { arange } from "../ops/tile.ts";
import { causalBias } from "../ops/triangle.ts";
import type { DecoderResult } from "./language-model.ts";
import {
  embedNextTokens,
  embedSequences,
  flatten,
  type SequenceConfig,
  tokenMask,
} from "./token-sequences.ts";
import { transformerBlocks } from "./transformer-blocks.ts";

export interface MoeDecoderConfig extends SequenceConfig {
  readonly numLayers: number;
  readonly numHeads: number;
  /** Rate after attention weights and after attention; `moe.experts` has one of its own. */
  readonly dropout: number;
  /** Scores are divided by the root of the head's width (the paper), or of the model's (makeMoE). */
  readonly attentionScale: "head" | "model";
  readonly moeLayers: MoeLayers;
  readonly moe: MoeSettings;
}

/** PyTorch's, which makeMoE keeps. */
const embeddingInit = normalOf(1);

/**
 * Scores of the token after each position.
 *
 * @param ids `[B, S]` int64, `S <= L`
 * @param lengths `[B]` int64; tokens from there on are padding, neither seen by others nor routed
 * @returns `[B*S, V]`
 */
export function moeDecoder(
  scope: Scope,
  ids: Tensor,
  config: MoeDecoderConfig,
  lengths?: Tensor,
): Tensor {
  const numTokens = ids.shape[1] as number;
  const rate = config.dropout;
  const embedded = embedSequences(scope, ids, config, embeddingInit); // [B*S, D]
  const options = { ...headOptions(config), numTokens, dropout: rate };
  const bias = causalBias(scope.graph, numTokens);
  const x = transformerBlocks(scope, embedded, {
    numLayers: config.numLayers,
    sparse: moeBlocks(config.moeLayers, config.numLayers),
    layer: mixtureOf(config.moe, config, numTokens),
    tokens: { ids: flatten(ids), mask: lengths && tokenMask(lengths, numTokens) },
    attention: (at, normed) =>
      dropout(at.child("out"), selfAttention(at, normed, { ...options, bias }), rate),
  });
  return head(scope, x, config); // [B*S, V]
}

/**
 * Reads sequences from their beginning: scores after the last token of each, keys and values of all.
 *
 * @param ids `[B, S]` int64, `S <= L`
 * @param lengths `[B]` int64, 1 to S
 */
export function moeDecoderPrefill(
  scope: Scope,
  ids: Tensor,
  lengths: Tensor,
  config: MoeDecoderConfig,
): DecoderResult {
  const numTokens = ids.shape[1] as number;
  const embedded = embedSequences(scope, ids, config, embeddingInit); // [B*S, D]
  const options = { ...headOptions(config), numTokens, bias: causalBias(scope.graph, numTokens) };
  const cache: KeyValues[] = [];
  const x = transformerBlocks(scope, embedded, {
    numLayers: config.numLayers,
    sparse: moeBlocks(config.moeLayers, config.numLayers),
    layer: mixtureOf(withoutLimit(config.moe), config, numTokens),
    tokens: { ids: flatten(ids), mask: tokenMask(lengths, numTokens) },
    attention: (at, normed, i) => {
      const { output, keys, values } = attendAndRemember(at, normed, options);
      cache[i] = { keys, values };
      return output;
    },
  });
  return { logits: head(scope, lastTokens(x, lengths, numTokens), config), cache };
}

/**
 * Reads one more token per sequence.
 *
 * @param ids `[B]` int64
 * @param positions `[B]` int64, tokens that the cache holds of each sequence
 * @param past `[B, H, L, D/H]` per layer
 * @returns scores `[B, V]` and the new tokens' keys and values `[B, H, 1, D/H]`
 */
export function moeDecoderStep(
  scope: Scope,
  ids: Tensor,
  positions: Tensor,
  past: readonly KeyValues[],
  config: MoeDecoderConfig,
): DecoderResult {
  const embedded = embedNextTokens(scope, ids, positions, config, embeddingInit); // [B, D]
  const options = { ...headOptions(config), hidden: lengthBias(positions, config.contextLength) };
  const cache: KeyValues[] = [];
  const x = transformerBlocks(scope, embedded, {
    numLayers: config.numLayers,
    sparse: moeBlocks(config.moeLayers, config.numLayers),
    layer: mixtureOf(withoutLimit(config.moe), config, 1),
    tokens: { ids },
    attention: (at, normed, i) => {
      const { output, keys, values } = attendToCache(at, normed, past[i]!, options);
      cache[i] = { keys, values };
      return output;
    },
  });
  return { logits: head(scope, x, config), cache };
}

function headOptions({ numHeads, width, attentionScale }: MoeDecoderConfig): HeadOptions {
  return {
    numHeads,
    qkvBias: false,
    weightInit: kaimingNormal(),
    ...(attentionScale === "model" && { scale: 1 / Math.sqrt(width) }),
  };
}

function mixtureOf(
  settings: MoeSettings,
  { width, vocabularySize }: MoeDecoderConfig,
  numTokens: number,
): MoeLayer {
  return createMoe(settings, {
    ...{ width, numTokens, vocabularySize },
    causal: true,
    padding: true,
    expertInit: kaimingNormal(),
  });
}

/** The same weights for every token, and none is dropped. */
function withoutLimit(settings: MoeSettings): MoeSettings {
  const { dispatch } = settings;
  if (dispatch.name !== "capacity") return settings;
  if (dispatch.normalize === "none") return { ...settings, dispatch: { name: "dropless" } };
  // Room for all choices of all tokens keeps the normalisation.
  const room = { evaluationCapacityFactor: settings.numExperts, formula: {} };
  return { ...settings, dispatch: { ...dispatch, ...room } };
}

/** The row of each sequence's last token: `[B*S, D]` to `[B, D]`. */
function lastTokens(x: Tensor, lengths: Tensor, numTokens: number): Tensor {
  const places = unsqueeze(arange(x.graph, numTokens), 0); // [1, S]
  const isLast = cast(equal(places, unsqueeze(sub(lengths, 1), 1)), "float32"); // [B, S]
  const [batch, width] = [lengths.shape[0]!, x.shape[1]!];
  const picked = matmul(unsqueeze(isLast, 1), reshape(x, [batch, numTokens, width])); // [B, 1, D]
  return reshape(picked, [batch, width]);
}

function head(scope: Scope, x: Tensor, { vocabularySize }: MoeDecoderConfig): Tensor {
  const normed = layerNorm(scope.child("norm"), x);
  return linear(scope.child("head"), normed, vocabularySize, { weightInit: kaimingNormal() });
}
