/**
 * A text classifier: a transformer encoder with mixtures of experts, pooling and one linear layer.
 * With `norm: post`, `embeddingNorm` and `normEpsilon: 1e-12` the encoder is BERT's (arXiv:1810.04805).
 *
 * Padding is excluded from attention, routing, statistics and pooling.
 *
 * Axes: `B` sentences, `S` tokens, `D` width, `C` classes.
 */
import type { Tensor } from "../../graph/graph.ts";
import { createMoe } from "../../moe/create-moe.ts";
import type { MoeSettings } from "../../moe/settings.ts";
import { type MoeLayers, moeBlocks } from "../../moe/sparse-blocks.ts";
import { selfAttention } from "../../nn/attention/attention.ts";
import { lengthBias } from "../../nn/attention/kv-cache.ts";
import { dropout } from "../../nn/dropout.ts";
import { truncatedNormal } from "../../nn/initializers.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { slice } from "../../ops/join.ts";
import { reshape, squeeze } from "../../ops/reshape.ts";
import {
  embedSequences,
  flatten,
  meanOfTokens,
  type SequenceConfig,
  tokenMask,
} from "../token-sequences.ts";
import { type NormPlace, transformerBlocks } from "../transformer-blocks.ts";

export interface TextEncoderConfig extends SequenceConfig {
  readonly numLayers: number;
  readonly numHeads: number;
  /** Dropout rate of embeddings, attention weights and attention outputs. */
  readonly dropout: number;
  /** Standard deviation of the initial weights of embeddings, attention and classifier. */
  readonly initStd: number;
  readonly moeLayers: MoeLayers;
  readonly moe: MoeSettings;
  /** Norms before each branch and at the end, or after each addition. */
  readonly norm: NormPlace;
  /** Whether the sums of token and position embeddings are normalised. */
  readonly embeddingNorm: boolean;
  /** Added to the variance in norms. */
  readonly normEpsilon: number;
  /** The mean of a sentence's tokens, or its first token. */
  readonly pool: "mean" | "cls";
}

export interface TextClassifierConfig extends TextEncoderConfig {
  readonly numClasses: number;
}

/**
 * Class logits of sentences.
 *
 * @param ids `[B, S]` int64
 * @param lengths `[B]` int64, tokens of each sentence; the rest is padding
 * @returns `[B, C]`; an empty sentence is pooled to zeros
 * @example
 * const { model } = loadConfig("switch-sst2", trainConfigSchema);
 * const config = { ...model, vocabularySize: 100, numClasses: 2 };
 * const logits = (scope, { ids, lengths }) => textClassifier(scope, ids, lengths, config);
 * const inputs = { ids: array([[5, 6, 7], [8, 0, 0]], "int64"), lengths: array([3, 1], "int64") };
 * const { output } = await apply(logits, init(logits, inputs), inputs);
 * output.shape; // [2, 2]
 */
export function textClassifier(
  scope: Scope,
  ids: Tensor,
  lengths: Tensor,
  config: TextClassifierConfig,
): Tensor {
  const features = encodeSentences(scope, ids, lengths, config); // [B, D]
  const init = { weightInit: truncatedNormal(config.initStd) };
  return linear(scope.child("head"), scope.tap("pooled", features), config.numClasses, init); // [B, C]
}

/**
 * Features of sentences, `[B, D]`; zeros for an empty sentence.
 *
 * Parameters `token_embedding.weight`, `position_embedding.weight`, `embedding_norm` if it is set,
 * `blocks.i` and, unless `norm` is `post`, `norm`.
 *
 * @param ids `[B, S]` int64
 * @param lengths `[B]` int64
 */
export function encodeSentences(
  scope: Scope,
  ids: Tensor,
  lengths: Tensor,
  config: TextEncoderConfig,
): Tensor {
  const { numHeads, numLayers, width, vocabularySize, dropout: rate } = config;
  const { norm, normEpsilon } = config;
  const numTokens = ids.shape[1] as number;
  const init = { weightInit: truncatedNormal(config.initStd) };
  const sums = embedSequences(scope, ids, config, init.weightInit); // [B*S, D]
  const embedded = config.embeddingNorm
    ? layerNorm(scope.child("embedding_norm"), sums, normEpsilon)
    : sums;
  const mask = tokenMask(lengths, numTokens); // [B*S]
  const bias = lengthBias(lengths, numTokens); // [B, 1, 1, S]
  const options = { ...init, numTokens, numHeads, bias, dropout: rate };
  const x = transformerBlocks(scope, dropout(scope.child("embed"), embedded, rate), {
    ...{ numLayers, norm, normEpsilon },
    sparse: moeBlocks(config.moeLayers, numLayers),
    layer: createMoe(config.moe, { width, numTokens, vocabularySize, padding: true }),
    tokens: { ids: flatten(ids), mask },
    attention: (at, rows) => dropout(at.child("out"), selfAttention(at, rows, options), rate),
  }); // [B*S, D]
  const last = norm === "pre" ? layerNorm(scope.child("norm"), x, normEpsilon) : x;
  if (config.pool === "mean") return meanOfTokens(last, mask, lengths, numTokens);
  const first = slice(reshape(last, [lengths.shape[0]!, numTokens, width]), 1, 0, 1); // [B, 1, D]
  return squeeze(first, 1);
}
