/** The interface of models that continue token sequences, for training and generation. */
import type { Tensor } from "../graph/graph.ts";
import type { KeyValues } from "../nn/attention/kv-cache.ts";
import type { Scope } from "../nn/scope.ts";

/** Scores of the next token, and the cache of keys and values. */
export interface DecoderResult {
  /** `[B, V]` */
  readonly logits: Tensor;
  /** Keys and values of each layer, `[B, H, S, D/H]`; prefix tokens come first. */
  readonly cache: readonly KeyValues[];
}

/** The input before the tokens of a sequence, such as an image. */
export interface PrefixSpec {
  /** `P`, tokens of the context that the prefix occupies. */
  readonly numTokens: number;
  /** Shape of the prefix input for one sequence, such as `[channels, height, width]` of an image. */
  readonly shape: readonly number[];
}

/**
 * A causal language model as functions of a scope, which share their parameters.
 *
 * Axes: `B` sequences, `S` tokens, `V` vocabulary, `L` context length, `H` heads, `D` width, `P` tokens
 * of the prefix.
 */
export interface LanguageModel {
  readonly vocabularySize: number;
  /** `L`, maximum number of tokens, including those of a prefix. */
  readonly contextLength: number;
  /** Set if the model needs a prefix: float32 `[B, ...shape]`, passed as `prefix`. */
  readonly prefix?: PrefixSpec;
  readonly numLayers: number;
  /** `H`, heads of the cached keys and values; several query heads may share one. */
  readonly numKeyValueHeads: number;
  /** `D/H` */
  readonly headWidth: number;
  /** Upper bound of the routed experts per token, on average. */
  readonly numActiveExperts: number;
  /**
   * Scores `[B*S, V]` of the token after each position; with a prefix `[B*(S+1), V]`, including the
   * scores of the first token.
   *
   * @param ids `[B, S]` int64, `P + S <= L`
   * @param lengths `[B]` int64, tokens of each sequence; the rest is padding, which is neither
   * attended to nor routed. Default: `S`.
   */
  readonly logits: (scope: Scope, ids: Tensor, lengths?: Tensor, prefix?: Tensor) => Tensor;
  /**
   * Reads the start of sequences `[B, S]` with `lengths` `[B]` tokens; evaluation only. With a prefix,
   * a length may be 0.
   */
  readonly prefill: (scope: Scope, ids: Tensor, lengths: Tensor, prefix?: Tensor) => DecoderResult;
  /**
   * Reads the next token `[B]` at `positions` `[B]`; evaluation only. `cache` `[B, H, L, D/H]`
   * holds the prefix and the earlier tokens. The result holds the keys and values of the new tokens
   * only.
   */
  readonly step: (
    scope: Scope,
    ids: Tensor,
    positions: Tensor,
    cache: readonly KeyValues[],
  ) => DecoderResult;
}

/**
 * Number of tokens that fit into the context after the prefix.
 *
 * @example
 * roomForTokens({ contextLength: 32, prefix: { numTokens: 4, shape: [3, 32, 32] } }); // 28
 */
export function roomForTokens({ contextLength, prefix }: LanguageModel): number {
  return contextLength - (prefix?.numTokens ?? 0);
}
