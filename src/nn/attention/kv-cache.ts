/**
 * Self-attention with a key-value cache: keys and values of earlier tokens are reused for the next one.
 *
 * Axes: `B` sequences, `S` tokens, `H` heads, `D` width, `L` capacity of the cache in tokens. The
 * parameters are the same as in `selfAttention`.
 */
import type { Tensor } from "../../graph/graph.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { cast, less, logicalNot, logicalOr } from "../../ops/compare.ts";
import { concat, slice } from "../../ops/join.ts";
import { matmul } from "../../ops/matmul.ts";
import { reshape, unsqueeze } from "../../ops/reshape.ts";
import { softmax } from "../../ops/softmax.ts";
import { arange } from "../../ops/tile.ts";
import type { Scope } from "../scope.ts";
import {
  type AttentionOptions,
  attend,
  type HeadOptions,
  joinHeads,
  projectHeads,
  scoreScale,
} from "./attention.ts";

/** Keys and values of one layer, each `[B, H, S, D/H]`. */
export interface KeyValues {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** Result `[B*S, D]` of attention, with the keys and values of the tokens that it read. */
export interface CachedAttention extends KeyValues {
  readonly output: Tensor;
}

/** Score of a missing key: after softmax exactly 0 beside any real score. */
const HIDDEN = -1e30;

/**
 * `selfAttention` of whole sequences (prefill) that also returns their keys and values.
 *
 * @example
 * const layer = (scope, { x }) => prefillAttention(scope, x, { numHeads: 1, numTokens: 3 }).keys;
 * const inputs = { x: array([[1, 2], [3, 4], [5, 6]]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [1, 1, 3, 2]
 */
export function prefillAttention(
  scope: Scope,
  x: Tensor,
  options: AttentionOptions,
): CachedAttention {
  const heads = projectHeads(scope, x, options.numTokens, options);
  const output = attend(scope, heads, x.shape, options);
  return {
    output,
    keys: withoutFirst(heads.keys),
    values: withoutFirst(heads.values),
  };
}

/**
 * Attention of one new token per sequence over the tokens in the cache and itself.
 *
 * The cache is only read; the caller writes the returned keys and values `[B, H, 1, D/H]` into it.
 *
 * @param x `[B, D]`
 * @param cache `[B, H, L, D/H]`
 * @param hidden `[B, 1, 1, L]`, see `lengthBias`
 *
 * No example: the cache is an input of the graph; see `moeDecoderStep` for its use.
 */
export function decodeAttention(
  scope: Scope,
  x: Tensor,
  cache: KeyValues,
  { hidden, ...options }: HeadOptions & { readonly hidden: Tensor },
): CachedAttention {
  const heads = projectHeads(scope, x, 1, options);
  const query = withoutFirst(heads.queries); // [B, H, 1, D/H]
  const keys = withoutFirst(heads.keys); // [B, H, 1, D/H]
  const values = withoutFirst(heads.values);
  const product = { transposeB: true, scale: scoreScale(query, options) };
  const past = add(matmul(query, cache.keys, product), hidden); // [B, H, 1, L]
  const own = matmul(query, keys, product); // [B, H, 1, 1]
  const weights = softmax(concat([past, own], -1)); // [B, H, 1, L + 1]
  const mixed = add(
    matmul(slice(weights, -1, 0, -1), cache.values),
    mul(slice(weights, -1, -1), values),
  ); // [B, H, 1, D/H]
  return { output: joinHeads(scope, unsqueeze(mixed, 0), x.shape, options), keys, values };
}

/**
 * Bias for scores that masks all but the first `lengths` of `size` keys: 0 for these, -1e30 for the
 * others (not -Infinity, so that a sequence without tokens gives finite numbers too).
 *
 * @param lengths `[B]` int64
 * @param first `[B]` int64, if given: the keys before it are masked too
 * @returns `[B, 1, 1, size]`
 * @example
 * const [y] = await evaluate((n) => exp(lengthBias(n, 3)), [array([2], "int64")]);
 * y.shape[y.shape.length - 1]; // 3
 */
export function lengthBias(lengths: Tensor, size: number, first?: Tensor): Tensor {
  const isMissing = logicalNot(lengthMask(lengths, size)); // [B, size]
  const isHidden = first ? logicalOr(isMissing, lengthMask(first, size)) : isMissing; // [B, size]
  return reshape(mul(cast(isHidden, "float32"), HIDDEN), [lengths.shape[0]!, 1, 1, size]);
}

/**
 * Mask of the occupied positions, `[B, size]` bool: the first `lengths` `[B]` of each row.
 *
 * @example
 * const [y] = await evaluate((n) => lengthMask(n, 3), [array([2], "int64")]);
 * y.shape[y.shape.length - 1]; // 3
 */
export function lengthMask(lengths: Tensor, size: number): Tensor {
  return less(unsqueeze(arange(lengths.graph, size), 0), unsqueeze(lengths, 1));
}

function withoutFirst(heads: Tensor): Tensor {
  return reshape(heads, heads.shape.slice(1));
}
