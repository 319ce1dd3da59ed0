/** Shared parts of text models: token and position embeddings, padding. */

import { usageError } from "../graph/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { type Dim, product } from "../graph/shape.ts";
import { lengthMask } from "../nn/attention/kv-cache.ts";
import type { Initializer } from "../nn/initializers.ts";
import { positionTable } from "../nn/positions.ts";
import type { Scope } from "../nn/scope.ts";
import { add, div, maximum, sub } from "../ops/arithmetic.ts";
import { cast, equal } from "../ops/compare.ts";
import { gather } from "../ops/gather.ts";
import { concat, slice } from "../ops/join.ts";
import { matmul } from "../ops/matmul.ts";
import { reduceSum } from "../ops/reduce.ts";
import { reshape, unsqueeze } from "../ops/reshape.ts";
import { arange } from "../ops/tile.ts";

export interface SequenceConfig {
  /** `V` */
  readonly vocabularySize: number;
  /** `D` */
  readonly width: number;
  /** `L`, rows of the position table. */
  readonly contextLength: number;
}

/** Embedded tokens before the words of each sequence. */
export interface Prefix {
  /** `[B*P, D]` */
  readonly tokens: Tensor;
  /** `P` */
  readonly numTokens: number;
}

/**
 * The optional prefix and the token embeddings, plus learned position embeddings.
 *
 * Parameters `token_embedding.weight` `[V, D]` and `position_embedding.weight` `[L, D]`.
 *
 * @param ids `[B, S]` int64, `P + S <= L`
 * @returns `[B*(P+S), D]`
 * @throws UserError (exit code 2) if there are more tokens than positions
 * @example
 * const config = { vocabularySize: 3, width: 1, contextLength: 3 };
 * const weights = new Map([
 *   ["token_embedding.weight", array([[0], [10], [20]])],
 *   ["position_embedding.weight", array([[0], [1], [2]])],
 * ]);
 * const model = (scope, { ids }) => embedSequences(scope, ids, config, truncatedNormal(0.02));
 * const { output } = await apply(model, weights, { ids: array([[2, 1]], "int64") }); // [[20], [11]]
 */
export function embedSequences(
  scope: Scope,
  ids: Tensor,
  config: SequenceConfig,
  init: Initializer,
  prefix?: Prefix,
): Tensor {
  const [batch, numWords] = ids.shape as [Dim, number];
  const numTokens = numWords + (prefix?.numTokens ?? 0);
  requireContext("sequences", numTokens, config.contextLength);
  const places = slice(sequencePositions(scope, config, init), 0, 0, numTokens); // [P+S, D]
  let x = embedTokens(scope, ids, config, init); // [B, S, D]
  if (prefix !== undefined) {
    x = concat([reshape(prefix.tokens, [batch, prefix.numTokens, config.width]), x], 1);
  }
  return reshape(add(x, places), [product([batch, numTokens]), config.width]);
}

/**
 * Refuses inputs with more tokens than a model's context.
 *
 * @param what the inputs, for the message
 * @throws UserError (exit code 2) if `numTokens > contextLength`
 *
 * No example: it returns nothing.
 */
export function requireContext(
  what: "sequences" | "texts",
  numTokens: number,
  contextLength: number,
): void {
  if (numTokens <= contextLength) return;
  throw usageError(
    `${what} of ${numTokens} tokens do not fit the model's context of ${contextLength}; cut them, or raise model.context_length`,
  );
}

/**
 * Embeds one token `[B]` per sequence at `positions` `[B]`; returns `[B, D]`.
 *
 * @example
 * const config = { vocabularySize: 3, width: 1, contextLength: 3 };
 * const weights = new Map([
 *   ["token_embedding.weight", array([[0], [10], [20]])],
 *   ["position_embedding.weight", array([[0], [1], [2]])],
 * ]);
 * const model = (scope, { ids, positions }) =>
 *   embedNextTokens(scope, ids, positions, config, truncatedNormal(0.02));
 * const inputs = { ids: array([2, 1], "int64"), positions: array([0, 2], "int64") };
 * const { output } = await apply(model, weights, inputs); // [[20], [12]]
 */
export function embedNextTokens(
  scope: Scope,
  ids: Tensor,
  positions: Tensor,
  config: SequenceConfig,
  init: Initializer,
): Tensor {
  const tokens = embedTokens(scope, ids, config, init);
  return add(tokens, gather(sequencePositions(scope, config, init), positions));
}

/**
 * False for padding, `[B*S]` bool with `S` tokens per sequence.
 *
 * @example
 * const lengths = array([2, 1], "int64");
 * const [mask] = await evaluate((x) => tokenMask(x, 2), [lengths]); // [true, true, true, false]
 */
export function tokenMask(lengths: Tensor, numTokens: number): Tensor {
  return flatten(lengthMask(lengths, numTokens));
}

/**
 * Reshapes `[B, S]` to `[B*S]`.
 *
 * @example
 * const [y] = await evaluate(flatten, [array([[1, 2], [3, 4]])]); // [1, 2, 3, 4]
 */
export function flatten(x: Tensor): Tensor {
  return reshape(x, [product(x.shape)]);
}

/**
 * Mean over the tokens of each sentence, `[B*S, D]` to `[B, D]`; zeros for an empty sentence.
 *
 * @param mask `[B*S]` bool
 * @param lengths `[B]`
 * @example
 * const mean = (x, lengths) => meanOfTokens(x, tokenMask(lengths, 2), lengths, 2);
 * const x = array([[1], [3], [5], [7]]); // the last token is padding
 * const [y] = await evaluate(mean, [x, array([2, 1], "int64")]); // [[2], [5]]
 */
export function meanOfTokens(x: Tensor, mask: Tensor, lengths: Tensor, numTokens: number): Tensor {
  const [batch, width] = [lengths.shape[0]!, x.shape[1]!];
  const counted = reshape(cast(mask, "float32"), [batch, 1, numTokens]);
  const total = matmul(counted, reshape(x, [batch, numTokens, width])); // [B, 1, D]
  const count = maximum(reduceSum(counted, -1, { keepDims: true }), 1); // [B, 1, 1]
  return reshape(div(total, count), [batch, width]);
}

/**
 * The token embedding table, `[V, D]`.
 *
 * @example
 * const config = { vocabularySize: 3, width: 2, contextLength: 4 };
 * const weights = init((scope) => tokenTable(scope, config, truncatedNormal(0.02)), {});
 * weights.get("token_embedding.weight").shape; // [3, 2]
 */
export function tokenTable(
  scope: Scope,
  { vocabularySize, width }: SequenceConfig,
  init: Initializer,
): Tensor {
  return scope.child("token_embedding").parameter("weight", [vocabularySize, width], init);
}

function embedTokens(scope: Scope, ids: Tensor, config: SequenceConfig, init: Initializer): Tensor {
  return gather(tokenTable(scope, config, init), ids);
}

function sequencePositions(
  scope: Scope,
  { contextLength, width }: SequenceConfig,
  init: Initializer,
): Tensor {
  return positionTable(scope.child("position_embedding"), "weight", [contextLength, width], init);
}

/**
 * The row of each sequence's last token: `[B*S, D]` to `[B, D]`.
 *
 * @param lengths `[B]` int64, from 1 to S
 * @example
 * const last = (x, lengths) => lastTokens(x, lengths, 2);
 * const inputs = [array([[1], [2], [3], [4]]), array([2, 1], "int64")];
 * const [y] = await evaluate(last, inputs); // [[2], [3]]
 */
export function lastTokens(x: Tensor, lengths: Tensor, numTokens: number): Tensor {
  const places = unsqueeze(arange(x.graph, numTokens), 0); // [1, S]
  const isLast = cast(equal(places, unsqueeze(sub(lengths, 1), 1)), "float32"); // [B, S]
  const [batch, width] = [lengths.shape[0]!, x.shape[1]!];
  const picked = matmul(unsqueeze(isLast, 1), reshape(x, [batch, numTokens, width])); // [B, 1, D]
  return reshape(picked, [batch, width]);
}
