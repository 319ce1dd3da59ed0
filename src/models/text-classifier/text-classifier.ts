/**
 * A text classifier: a transformer encoder with mixtures of experts, mean pooling over the words and
 * one linear layer.
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
import {
  embedSequences,
  flatten,
  meanOfTokens,
  type SequenceConfig,
  tokenMask,
} from "../token-sequences.ts";
import { transformerBlocks } from "../transformer-blocks.ts";

export interface TextClassifierConfig extends SequenceConfig {
  readonly numClasses: number;
  readonly numLayers: number;
  readonly numHeads: number;
  /** Dropout rate of embeddings, attention weights and attention outputs. */
  readonly dropout: number;
  /** Standard deviation of the initial weights of embeddings, attention and classifier. */
  readonly initStd: number;
  readonly moeLayers: MoeLayers;
  readonly moe: MoeSettings;
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
  const { numHeads, numLayers, width, vocabularySize, dropout: rate } = config;
  const numTokens = ids.shape[1] as number;
  const init = { weightInit: truncatedNormal(config.initStd) };
  const embedded = embedSequences(scope, ids, config, init.weightInit); // [B*S, D]
  const mask = tokenMask(lengths, numTokens); // [B*S]
  const bias = lengthBias(lengths, numTokens); // [B, 1, 1, S]
  const options = { ...init, numTokens, numHeads, bias, dropout: rate };
  const x = transformerBlocks(scope, dropout(scope.child("embed"), embedded, rate), {
    numLayers,
    sparse: moeBlocks(config.moeLayers, numLayers),
    layer: createMoe(config.moe, { width, numTokens, vocabularySize, padding: true }),
    tokens: { ids: flatten(ids), mask },
    attention: (at, normed) => dropout(at.child("out"), selfAttention(at, normed, options), rate),
  }); // [B*S, D]
  const pooled = meanOfTokens(layerNorm(scope.child("norm"), x), mask, lengths, numTokens);
  return linear(scope.child("head"), scope.tap("pooled", pooled), config.numClasses, init); // [B, C]
}
