/** What every model that continues token sequences offers, to training and to generation. */
import type { Tensor } from "../graph/graph.ts";
import type { KeyValues } from "../nn/kv-cache.ts";
import type { Scope } from "../nn/scope.ts";

/** Scores of the next token, and what to remember of the tokens that were read. */
export interface DecoderResult {
  /** `[B, V]` */
  readonly logits: Tensor;
  /** Keys and values of each layer, `[B, H, S, D/H]`, those of a prefix first. */
  readonly cache: readonly KeyValues[];
}

/** What the sequences of a model begin with besides tokens, such as an image. */
export interface PrefixSpec {
  /** `P`, tokens of the context that it takes. */
  readonly numTokens: number;
  /** Of what it is made from, for one sequence: `[channels, height, width]` of an image. */
  readonly shape: readonly number[];
}

/**
 * A causal language model, as functions of a scope. All of them have the same parameters.
 *
 * Axes: `B` sequences, `S` tokens, `V` vocabulary, `L` context length, `H` heads, `D` width, `P` tokens
 * of the prefix.
 */
export interface LanguageModel {
  readonly vocabularySize: number;
  /** `L`, the most tokens that it can see, those of a prefix among them. */
  readonly contextLength: number;
  /** Present in models that need one; they take float32 `[B, ...shape]` as `prefix`. */
  readonly prefix?: PrefixSpec;
  readonly numLayers: number;
  readonly numHeads: number;
  /** `D/H` */
  readonly headWidth: number;
  /** Routed experts per token, on average at most. */
  readonly numActiveExperts: number;
  /**
   * Scores `[B*S, V]` of the token after each position; after a prefix `[B*(S+1), V]`, those of the
   * first token among them.
   *
   * @param ids `[B, S]` int64, `P + S <= L`
   * @param lengths `[B]` int64, tokens of each sequence; later ones are padding, which is neither
   * seen nor routed. Default: `S` everywhere.
   */
  readonly logits: (scope: Scope, ids: Tensor, lengths?: Tensor, prefix?: Tensor) => Tensor;
  /**
   * Reads sequences `[B, S]` of `lengths` `[B]` tokens from their beginning; evaluation only. After a
   * prefix there may be none.
   */
  readonly prefill: (scope: Scope, ids: Tensor, lengths: Tensor, prefix?: Tensor) => DecoderResult;
  /**
   * Reads one more token `[B]` at `positions` `[B]` of sequences whose earlier ones, with the prefix,
   * are in `cache` `[B, H, L, D/H]`; evaluation only. The result holds keys and values of the new
   * tokens alone.
   */
  readonly step: (
    scope: Scope,
    ids: Tensor,
    positions: Tensor,
    cache: readonly KeyValues[],
  ) => DecoderResult;
}

/**
 * Tokens that fit into the context after the prefix.
 *
 * @example
 * roomForTokens({ contextLength: 32, prefix: { numTokens: 4, shape: [3, 32, 32] } }); // 28
 */
export function roomForTokens({ contextLength, prefix }: LanguageModel): number {
  return contextLength - (prefix?.numTokens ?? 0);
}
