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
 * Sequences may begin with a prefix of tokens that are no words, such as those of an image.
 *
 * Axes: `B` sequences, `S` tokens, `D` width, `V` vocabulary, `L` context length, `H` heads, `P` tokens
 * of the prefix.
 */
import type { Tensor } from "../../graph/graph.ts";
import { type Dim, product } from "../../graph/shape.ts";
import type { MoeContext } from "../../moe/context.ts";
import { createMoe, type MoeLayer, type MoeTokens } from "../../moe/create-moe.ts";
import { withoutLimit } from "../../moe/dispatch/without-limit.ts";
import type { MoeSettings } from "../../moe/settings.ts";
import { type MoeLayers, moeBlocks } from "../../moe/sparse-blocks.ts";
import { type HeadOptions, selfAttention } from "../../nn/attention.ts";
import { dropout } from "../../nn/dropout.ts";
import { type Initializer, kaimingNormal, normalOf, zeros } from "../../nn/initializers.ts";
import {
  decodeAttention,
  type KeyValues,
  lengthBias,
  prefillAttention,
} from "../../nn/kv-cache.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { add, sub } from "../../ops/arithmetic.ts";
import { cast, equal } from "../../ops/compare.ts";
import { onesLike } from "../../ops/gather.ts";
import { pad, slice } from "../../ops/join.ts";
import { affine, matmul } from "../../ops/matmul.ts";
import { reshape, unsqueeze } from "../../ops/reshape.ts";
import { arange } from "../../ops/tile.ts";
import { causalBias } from "../../ops/triangle.ts";
import type { DecoderResult } from "../language-model.ts";
import {
  embedNextTokens,
  embedSequences,
  flatten,
  type Prefix,
  type SequenceConfig,
  tokenMask,
  tokenTable,
} from "../token-sequences.ts";
import { transformerBlocks } from "../transformer-blocks.ts";

export interface MoeDecoderConfig extends SequenceConfig {
  readonly numLayers: number;
  readonly numHeads: number;
  /** Rate after attention weights and after attention; `moe.experts` has one of its own. */
  readonly dropout: number;
  /** Scores are divided by the root of the head's width (the paper), or of the model's (makeMoE). */
  readonly attentionScale: "head" | "model";
  readonly moeLayers: MoeLayers;
  readonly moe: MoeSettings;
  /** Standard deviation of the first embeddings. Default 1, PyTorch's, which makeMoE keeps. */
  readonly embeddingStd?: number;
  /** Whether scores are products with the word table instead of `head.weight`. Default false. */
  readonly tieEmbeddings?: boolean;
  /** What the tokens of a prefix and the words are called in losses and metrics. */
  readonly modalities?: readonly [prefix: string, words: string];
}

/**
 * Scores of the token after each position.
 *
 * @param ids `[B, S]` int64, `P + S <= L`
 * @param lengths `[B]` int64; words from there on are padding, neither seen by others nor routed
 * @returns `[B*S, V]`; with a prefix `[B*(S+1), V]`, from its last token on
 * @example
 * const { model } = loadConfig("makemoe-shakespeare", trainConfigSchema);
 * const config = { ...model, numLayers: 1, vocabularySize: 65 };
 * const logits = (scope, { ids }) => moeDecoder(scope, ids, config);
 * const inputs = { ids: array([[1, 2, 3]], "int64") };
 * const { output } = await apply(logits, init(logits, inputs), inputs);
 * output.shape; // [3, 65]
 */
export function moeDecoder(
  scope: Scope,
  ids: Tensor,
  config: MoeDecoderConfig,
  lengths?: Tensor,
  prefix?: Prefix,
): Tensor {
  const rate = config.dropout;
  const { embedded, numTokens, tokens } = openSequences(scope, ids, config, lengths, prefix);
  const options = { ...headOptions(config), numTokens, dropout: rate };
  const bias = causalBias(scope.graph, numTokens);
  const x = transformerBlocks(scope, embedded, {
    numLayers: config.numLayers,
    sparse: moeBlocks(config.moeLayers, config.numLayers),
    layer: mixtureOf(config.moe, config, numTokens),
    tokens,
    attention: (at, normed) =>
      dropout(at.child("out"), selfAttention(at, normed, { ...options, bias }), rate),
  });
  return head(scope, prefix === undefined ? x : withoutPrefix(x, ids, prefix), config);
}

/**
 * Reads sequences from their beginning: scores after the last token of each, keys and values of all.
 *
 * @param ids `[B, S]` int64, `P + S <= L`
 * @param lengths `[B]` int64, 1 to S, or from 0 after a prefix
 */
export function moeDecoderPrefill(
  scope: Scope,
  ids: Tensor,
  lengths: Tensor,
  config: MoeDecoderConfig,
  prefix?: Prefix,
): DecoderResult {
  const { embedded, numTokens, tokens } = openSequences(scope, ids, config, lengths, prefix);
  const options = { ...headOptions(config), numTokens, bias: causalBias(scope.graph, numTokens) };
  const cache: KeyValues[] = [];
  const x = transformerBlocks(scope, embedded, {
    numLayers: config.numLayers,
    sparse: moeBlocks(config.moeLayers, config.numLayers),
    layer: mixtureOf(withoutLimit(config.moe), config, numTokens),
    tokens,
    attention: (at, normed, i) => {
      const { output, keys, values } = prefillAttention(at, normed, options);
      cache[i] = { keys, values };
      return output;
    },
  });
  const last = lastTokens(x, afterPrefix(lengths, prefix), numTokens); // [B, D]
  return { logits: head(scope, last, config), cache };
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
  const embedded = embedNextTokens(scope, ids, positions, config, embeddingInit(config)); // [B, D]
  const options = { ...headOptions(config), hidden: lengthBias(positions, config.contextLength) };
  const cache: KeyValues[] = [];
  const x = transformerBlocks(scope, embedded, {
    numLayers: config.numLayers,
    sparse: moeBlocks(config.moeLayers, config.numLayers),
    layer: mixtureOf(withoutLimit(config.moe), config, 1),
    tokens: { ids },
    attention: (at, normed, i) => {
      const { output, keys, values } = decodeAttention(at, normed, past[i]!, options);
      cache[i] = { keys, values };
      return output;
    },
  });
  return { logits: head(scope, x, config), cache };
}

/** Sequences as the blocks read them, `T = P + S` tokens each. */
function openSequences(
  scope: Scope,
  ids: Tensor,
  config: MoeDecoderConfig,
  lengths: Tensor | undefined,
  prefix: Prefix | undefined,
): { readonly embedded: Tensor; readonly numTokens: number; readonly tokens: MoeTokens } {
  const before = prefix?.numTokens ?? 0;
  const numTokens = before + (ids.shape[1] as number);
  const embedded = embedSequences(scope, ids, config, embeddingInit(config), prefix); // [B*T, D]
  const mask = lengths && tokenMask(afterPrefix(lengths, prefix), numTokens); // [B*T]
  if (prefix === undefined) return { embedded, numTokens, tokens: { ids: flatten(ids), mask } };
  const tokens = {
    ids: flatten(pad(ids, 1, before, 0, config.vocabularySize)), // one word more stands for them all
    modality: flatten(pad(onesLike(ids), 1, before, 0)), // 0 in the prefix, 1 in words
    mask,
  };
  return { embedded, numTokens, tokens };
}

function afterPrefix(lengths: Tensor, prefix: Prefix | undefined): Tensor {
  return prefix === undefined ? lengths : add(lengths, prefix.numTokens);
}

/** The rows from the last token of the prefix on: `[B*(P+S), D]` to `[B*(S+1), D]`. */
function withoutPrefix(x: Tensor, ids: Tensor, prefix: Prefix): Tensor {
  const [batch, numWords] = ids.shape as [Dim, number];
  const width = x.shape[1]!;
  const perSequence = reshape(x, [batch, prefix.numTokens + numWords, width]);
  const kept = slice(perSequence, 1, prefix.numTokens - 1); // [B, S+1, D]
  return reshape(kept, [product([batch, numWords + 1]), width]);
}

function embeddingInit({ embeddingStd = 1 }: MoeDecoderConfig): Initializer {
  return normalOf(embeddingStd);
}

function headOptions({ numHeads, width, attentionScale }: MoeDecoderConfig): HeadOptions {
  return {
    numHeads,
    qkvBias: false,
    weightInit: kaimingNormal(),
    ...(attentionScale === "model" && { scale: 1 / Math.sqrt(width) }),
  };
}

/** What layers of experts may know of this model. */
export function mixtureContext(
  { width, vocabularySize, modalities }: MoeDecoderConfig,
  numTokens: number,
): MoeContext {
  return {
    ...{ width, numTokens },
    vocabularySize: vocabularySize + (modalities === undefined ? 0 : 1),
    causal: true,
    stepwise: true,
    padding: true,
    expertInit: kaimingNormal(),
    ...(modalities && { modalities }),
  };
}

function mixtureOf(settings: MoeSettings, config: MoeDecoderConfig, numTokens: number): MoeLayer {
  return createMoe(settings, mixtureContext(config, numTokens));
}

/** The row of each sequence's last token: `[B*S, D]` to `[B, D]`. */
function lastTokens(x: Tensor, lengths: Tensor, numTokens: number): Tensor {
  const places = unsqueeze(arange(x.graph, numTokens), 0); // [1, S]
  const isLast = cast(equal(places, unsqueeze(sub(lengths, 1), 1)), "float32"); // [B, S]
  const [batch, width] = [lengths.shape[0]!, x.shape[1]!];
  const picked = matmul(unsqueeze(isLast, 1), reshape(x, [batch, numTokens, width])); // [B, 1, D]
  return reshape(picked, [batch, width]);
}

function head(scope: Scope, x: Tensor, config: MoeDecoderConfig): Tensor {
  const { vocabularySize, tieEmbeddings = false } = config;
  const normed = layerNorm(scope.child("norm"), x);
  const at = scope.child("head");
  if (!tieEmbeddings) return linear(at, normed, vocabularySize, { weightInit: kaimingNormal() });
  const bias = at.parameter("bias", [vocabularySize], zeros);
  return affine(normed, tokenTable(scope, config, embeddingInit(config)), bias);
}
