/** What every model that continues token sequences offers, to training and to generation. */
import type { Tensor } from "../graph/graph.ts";
import type { KeyValues } from "../nn/kv-cache.ts";
import type { Scope } from "../nn/scope.ts";

/** Scores of the next token, and what to remember of the tokens that were read. */
export interface DecoderResult {
  /** `[B, V]` */
  readonly logits: Tensor;
  /** Keys and values of each layer, `[B, H, S, D/H]`. */
  readonly cache: readonly KeyValues[];
}

/**
 * A causal language model, as functions of a scope. All of them have the same parameters.
 *
 * Axes: `B` sequences, `S` tokens, `V` vocabulary, `L` context length, `H` heads, `D` width.
 */
export interface LanguageModel {
  readonly vocabularySize: number;
  /** `L`, the most tokens that it can see. */
  readonly contextLength: number;
  readonly numLayers: number;
  readonly numHeads: number;
  /** `D/H` */
  readonly headWidth: number;
  /** Routed experts per token, on average at most. */
  readonly numActiveExperts: number;
  /**
   * Scores `[B*S, V]` of the token after each position.
   *
   * @param ids `[B, S]` int64, `S <= L`
   * @param lengths `[B]` int64, tokens of each sequence; later ones are padding, which is neither
   * seen nor routed. Default: `S` everywhere.
   */
  readonly logits: (scope: Scope, ids: Tensor, lengths?: Tensor) => Tensor;
  /** Reads sequences `[B, S]` of `lengths` `[B]` tokens from their beginning; evaluation only. */
  readonly prefill: (scope: Scope, ids: Tensor, lengths: Tensor) => DecoderResult;
  /**
   * Reads one more token `[B]` at `positions` `[B]` of sequences whose earlier ones are in `cache`
   * `[B, H, L, D/H]`; evaluation only. The result holds keys and values of the new tokens alone.
   */
  readonly step: (
    scope: Scope,
    ids: Tensor,
    positions: Tensor,
    cache: readonly KeyValues[],
  ) => DecoderResult;
}
