/**
 * A causal language model with mixtures of experts: makeMoE (github.com/AviSoori1x/makeMoE, commit
 * 0d68228, rewritten) and related models.
 *
 * With 65 symbols and makeMoE's settings it has the original's 8,996,545 parameters. Differences from
 * the original:
 * - Router noise is drawn in training only. The original also adds noise in evaluation, so its
 *   evaluation losses vary between runs.
 * - One matrix projects queries, keys and values of all heads; the results are equal.
 * - Biases start at zero instead of PyTorch's small uniform numbers.
 * - Generation has no expert capacity limit, so outputs do not depend on the number of tokens that
 *   are read at once, and caching does not change them.
 *
 * Sequences may start with a prefix of tokens that are not words, such as the tokens of an image.
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
import { type HeadOptions, selfAttention } from "../../nn/attention/attention.ts";
import {
  decodeAttention,
  type KeyValues,
  lengthBias,
  prefillAttention,
} from "../../nn/attention/kv-cache.ts";
import { dropout } from "../../nn/dropout.ts";
import { type Initializer, kaimingNormal, normalOf, zeros } from "../../nn/initializers.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { add } from "../../ops/arithmetic.ts";
import { onesLike } from "../../ops/gather.ts";
import { pad, slice } from "../../ops/join.ts";
import { affine } from "../../ops/matmul.ts";
import { reshape } from "../../ops/reshape.ts";
import { causalBias } from "../../ops/triangle.ts";
import type { DecoderResult } from "../language-model.ts";
import {
  embedNextTokens,
  embedSequences,
  flatten,
  lastTokens,
  type Prefix,
  type SequenceConfig,
  tokenMask,
  tokenTable,
} from "../token-sequences.ts";
import { transformerBlocks } from "../transformer-blocks.ts";

export interface MoeDecoderConfig extends SequenceConfig {
  readonly numLayers: number;
  readonly numHeads: number;
  /** Dropout rate of attention weights and attention outputs; `moe.experts` has a separate rate. */
  readonly dropout: number;
  /** Divisor of attention scores: square root of the head width (paper) or model width (makeMoE). */
  readonly attentionScale: "head" | "model";
  readonly moeLayers: MoeLayers;
  readonly moe: MoeSettings;
  /** Standard deviation of initial embeddings. Default 1, as in PyTorch and makeMoE. */
  readonly embeddingStd?: number;
  /** Whether the output layer uses the token embeddings instead of `head.weight`. Default false. */
  readonly tieEmbeddings?: boolean;
  /** Names of the modalities of prefix and words in losses and metrics. */
  readonly modalities?: readonly [prefix: string, words: string];
}

/**
 * Scores of the token after each position.
 *
 * @param ids `[B, S]` int64, `P + S <= L`
 * @param lengths `[B]` int64, words per sequence; the rest is padding, neither attended to nor routed
 * @returns `[B*S, V]`; with a prefix `[B*(S+1), V]`, starting at the last token of the prefix
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
 * Reads the start of sequences: scores after the last token of each, keys and values of all tokens.
 *
 * @param ids `[B, S]` int64, `P + S <= L`
 * @param lengths `[B]` int64, from 1 to S; with a prefix also 0
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
 * Reads the next token of each sequence.
 *
 * @param ids `[B]` int64
 * @param positions `[B]` int64, number of cached tokens of each sequence
 * @param past `[B, H, L, D/H]` per layer
 * @returns scores `[B, V]`, and keys and values of the new tokens `[B, H, 1, D/H]`
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

/** Embeds sequences for the blocks, `T = P + S` tokens each. */
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
    ids: flatten(pad(ids, 1, before, 0, config.vocabularySize)), // one additional id for all prefix tokens
    modality: flatten(pad(onesLike(ids), 1, before, 0)), // 0 in the prefix, 1 in words
    mask,
  };
  return { embedded, numTokens, tokens };
}

function afterPrefix(lengths: Tensor, prefix: Prefix | undefined): Tensor {
  return prefix === undefined ? lengths : add(lengths, prefix.numTokens);
}

/** Drops all prefix tokens but the last: `[B*(P+S), D]` to `[B*(S+1), D]`. */
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

/** Properties of this model that layers of experts depend on. */
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

function head(scope: Scope, x: Tensor, config: MoeDecoderConfig): Tensor {
  const { vocabularySize, tieEmbeddings = false } = config;
  const normed = layerNorm(scope.child("norm"), x);
  const at = scope.child("head");
  if (!tieEmbeddings) return linear(at, normed, vocabularySize, { weightInit: kaimingNormal() });
  const bias = at.parameter("bias", [vocabularySize], zeros);
  return affine(normed, tokenTable(scope, config, embeddingInit(config)), bias);
}
