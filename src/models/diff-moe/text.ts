/** The text branch of Diff-MoE: from token ids to tokens of the model width. */

import type { Tensor } from "../../graph/graph.ts";
import { lengthBias } from "../../nn/attention/kv-cache.ts";
import { dropout } from "../../nn/dropout.ts";
import { embedding } from "../../nn/embedding.ts";
import { truncatedNormal } from "../../nn/initializers.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import { positionTable } from "../../nn/positions.ts";
import type { Scope } from "../../nn/scope.ts";
import { add } from "../../ops/arithmetic.ts";
import { slice } from "../../ops/join.ts";
import { reshape } from "../../ops/reshape.ts";
import { flatten, meanOfTokens, requireContext, tokenMask } from "../token-sequences.ts";
import { type DiffMoeBlockConfig, diffMoeBlock } from "./block.ts";

export interface DiffMoeTextConfig {
  /** `V` */
  readonly vocabularySize: number;
  /** Width of the token embedding table, before a linear projection to the model width. */
  readonly embedDim: number;
  /** Rows of the position table. */
  readonly contextLength: number;
  /** Number of text-only blocks. Commit 4d2c44e has none, so its words do not attend to each other. */
  readonly numLayers: number;
}

/** Texts as ids `[N, L]` int64 and `lengths` `[N]` int64; ids after the length are padding. */
export interface TextBatch {
  readonly ids: Tensor;
  readonly lengths: Tensor;
}

export interface EncodedText extends TextBatch {
  /** `[N*L, D]` */
  readonly tokens: Tensor;
}

/** Rows of the parameter `token_type_embed.weight`. */
const TOKEN_TYPES = { image: 0, text: 1 } as const;

/** The type embedding of a modality, added to each of its tokens, `[1, D]`. */
export function tokenType(
  scope: Scope,
  modality: keyof typeof TOKEN_TYPES,
  { width, initStd }: DiffMoeBlockConfig,
): Tensor {
  const types = scope
    .child("token_type_embed")
    .parameter("weight", [2, width], truncatedNormal(initStd), { decay: false });
  const row = TOKEN_TYPES[modality];
  return slice(types, 0, row, row + 1);
}

/**
 * Token embedding, linear projection, position and type embeddings, then the text blocks, if any.
 * Padding is neither attended to nor routed.
 *
 * Parameters `text_embed.weight` `[V, E]`, `text_proj` , `text_pos_embed` `[1, L, D]`, `text_blocks.i`
 * and `text_norm`.
 *
 * @throws UserError (exit code 2) if texts have more tokens than there are positions
 */
export function encodeText(
  scope: Scope,
  { ids, lengths }: TextBatch,
  config: DiffMoeBlockConfig,
  text: DiffMoeTextConfig,
): EncodedText {
  const { width, dropout: rate, layerNormEpsilon } = config;
  const numTokens = ids.shape[1] as number;
  requireContext("texts", numTokens, text.contextLength);
  const init = truncatedNormal(config.initStd);
  const words = embedding(scope.child("text_embed"), flatten(ids), {
    numEmbeddings: text.vocabularySize,
    width: text.embedDim,
    init,
  }); // [N*L, E]
  const projected = linear(scope.child("text_proj"), words, width, { weightInit: init });
  const positions = positionTable(scope, "text_pos_embed", [1, text.contextLength, width], init);
  const place = add(slice(positions, 1, 0, numTokens), tokenType(scope, "text", config)); // [1, L, D]
  const perText = reshape(projected, [ids.shape[0]!, numTokens, width]);
  let tokens = reshape(add(perText, place), projected.shape); // [N*L, D]
  tokens = dropout(scope.child("text_dropout"), tokens, rate);
  if (text.numLayers === 0) return { ids, lengths, tokens };
  const known = {
    modality: "text",
    numTokens,
    mask: tokenMask(lengths, numTokens),
    bias: lengthBias(lengths, numTokens),
  } as const;
  for (let i = 0; i < text.numLayers; i++) {
    tokens = diffMoeBlock(scope.child("text_blocks").child(i), tokens, config, known);
  }
  return { ids, lengths, tokens: layerNorm(scope.child("text_norm"), tokens, layerNormEpsilon) };
}

/** The mean of the tokens of each text, `[N, D]`. */
export function poolText({ ids, lengths, tokens }: EncodedText): Tensor {
  const numTokens = ids.shape[1] as number;
  return meanOfTokens(tokens, tokenMask(lengths, numTokens), lengths, numTokens);
}
