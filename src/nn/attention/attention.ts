import type { Tensor } from "../../graph/graph.ts";
import { divideDim, type Shape } from "../../graph/shape.ts";
import { add } from "../../ops/arithmetic.ts";
import { split } from "../../ops/join.ts";
import { matmul } from "../../ops/matmul.ts";
import { reshape, transpose } from "../../ops/reshape.ts";
import { softmax } from "../../ops/softmax.ts";
import { dropout } from "../dropout.ts";
import type { Initializer } from "../initializers.ts";
import { linear } from "../linear.ts";
import type { Scope } from "../scope.ts";

/** Options common to attention over new tokens and over a cache. */
export interface HeadOptions {
  readonly numHeads: number;
  /** Whether queries, keys and values get a bias. Default true. */
  readonly qkvBias?: boolean;
  /** Factor of the scores. Default `1 / sqrt(D/H)`. */
  readonly scale?: number;
  readonly weightInit?: Initializer;
  readonly biasInit?: Initializer;
}

export interface AttentionOptions extends HeadOptions {
  /** Tokens per sequence, `S`. */
  readonly numTokens: number;
  /** Dropout of the attention weights. Default 0. */
  readonly dropout?: number;
  /** Added to the scores, broadcasting against `[1, B, H, S, T]`; -Infinity hides a key. */
  readonly bias?: Tensor;
}

export interface CrossAttentionOptions extends AttentionOptions {
  /** Tokens of the context per sequence, `T`. */
  readonly numKeys: number;
}

/** Queries `[1, B, H, S, D/H]`, keys and values `[1, B, H, T, D/H]`. */
export interface Heads {
  readonly queries: Tensor;
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * Multi-head self-attention, `softmax(scale q kᵀ) v` (arXiv:1706.03762, section 3.2).
 *
 * Parameters `qkv.weight` `[3D, D]`, `qkv.bias`, `proj.weight` `[D, D]`, `proj.bias`; tap `weights`
 * `[1, B, H, S, S]`, whose rows sum to 1.
 *
 * @param x `[B*S, D]`
 * @returns `[B*S, D]`
 * @example
 * const layer = (scope, { x }) => selfAttention(scope, x, { numHeads: 2, numTokens: 3 });
 * const inputs = { x: array([[1, 2], [3, 4], [5, 6]]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [3, 2]
 */
export function selfAttention(scope: Scope, x: Tensor, options: AttentionOptions): Tensor {
  return attend(scope, projectHeads(scope, x, options.numTokens, options), x.shape, options);
}

/**
 * Multi-head cross-attention: queries from `x`, keys and values from
 * `context` (arXiv:1706.03762, section 3.2.3).
 *
 * Parameters `q.weight` `[D, D]`, `q.bias`, `kv.weight` `[2D, D']`, `kv.bias`, `proj.weight` `[D, D]`,
 * `proj.bias`; tap `weights` `[1, B, H, S, T]`, the attention weight of each context token.
 *
 * @param x `[B*S, D]`
 * @param context `[B*T, D']`, or `[T, D']` for one context shared by all sequences
 * @returns `[B*S, D]`
 * @example
 * const layer = (scope, { x }) => crossAttention(scope, x, x, { numHeads: 1, numTokens: 3, numKeys: 3 });
 * const inputs = { x: array([[1, 2], [3, 4], [5, 6]]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [3, 2]
 */
export function crossAttention(
  scope: Scope,
  x: Tensor,
  context: Tensor,
  options: CrossAttentionOptions,
): Tensor {
  const { numTokens, numKeys, numHeads } = options;
  const width = x.shape[1] as number;
  const headWidth = requireHeadWidth(width, numHeads);
  const bias = options.qkvBias ?? true;
  const q = linear(scope.child("q"), x, width, { ...inits(options), bias }); // [B*S, D]
  const kv = linear(scope.child("kv"), context, 2 * width, { ...inits(options), bias }); // [B*T, 2D]
  const queries = transpose(
    reshape(q, [divideDim(x.shape[0]!, numTokens), numTokens, 1, numHeads, headWidth]),
    [2, 0, 3, 1, 4],
  ); // [1, B, H, S, D/H]
  const both = transpose(
    reshape(kv, [divideDim(context.shape[0]!, numKeys), numKeys, 2, numHeads, headWidth]),
    [2, 0, 3, 1, 4],
  ); // [2, B, H, T, D/H]
  const [keys, values] = split(both, 2, 0) as [Tensor, Tensor];
  return attend(scope, { queries, keys, values }, x.shape, options);
}

/**
 * Queries, keys and values of `S` tokens per sequence, `[1, B, H, S, D/H]` each, from `x` `[B*S, D]`.
 *
 * @example
 * const layer = (scope, { x }) => projectHeads(scope, x, 3, { numHeads: 2 }).keys;
 * const inputs = { x: array([[1, 2], [3, 4], [5, 6]]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [1, 1, 2, 3, 1]
 */
export function projectHeads(
  scope: Scope,
  x: Tensor,
  numTokens: number,
  options: HeadOptions,
): Heads {
  const { numHeads } = options;
  const width = x.shape[1] as number;
  const headWidth = requireHeadWidth(width, numHeads);
  const qkv = linear(scope.child("qkv"), x, 3 * width, {
    ...inits(options),
    bias: options.qkvBias ?? true,
  }); // [B*S, 3D]
  const batch = divideDim(x.shape[0]!, numTokens);
  const heads = transpose(
    reshape(qkv, [batch, numTokens, 3, numHeads, headWidth]),
    [2, 0, 3, 1, 4],
  ); // [3, B, H, S, D/H]
  const [queries, keys, values] = split(heads, 3, 0) as [Tensor, Tensor, Tensor];
  return { queries, keys, values };
}

/** Mixes the values of each sequence; the result has `shape` `[B*S, D]`. */
export function attend(
  scope: Scope,
  heads: Heads,
  shape: Shape,
  options: AttentionOptions,
): Tensor {
  return joinHeads(scope, mixValues(scope, heads, options), shape, options);
}

/**
 * The values mixed by attention, before the last linear map, `[1, B, H, S, D/H]`; tap `weights`.
 *
 * @example
 * const options = { numHeads: 2 };
 * const layer = (scope, { x }) => mixValues(scope, projectHeads(scope, x, 3, options), options);
 * const inputs = { x: array([[1, 2], [3, 4], [5, 6]]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [1, 1, 2, 3, 1]
 */
export function mixValues(
  scope: Scope,
  { queries, keys, values }: Heads,
  options: Omit<AttentionOptions, "numTokens">,
): Tensor {
  const scale = scoreScale(queries, options);
  let scores = matmul(queries, keys, { transposeB: true, scale }); // [1, B, H, S, T]
  if (options.bias !== undefined) scores = add(scores, options.bias);
  const weights = scope.tap("weights", softmax(scores)); // [1, B, H, S, T]
  return matmul(dropout(scope, weights, options.dropout ?? 0), values); // [1, B, H, S, D/H]
}

/**
 * Concatenates the heads' results `[1, B, H, S, D/H]` and applies the last linear map.
 *
 * @param shape of the result, `[B*S, D]`
 * @example
 * const layer = (scope, { x }) => joinHeads(scope, x, [3, 2], { numHeads: 2 });
 * const inputs = { x: array([[[[[1], [2], [3]], [[4], [5], [6]]]]]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [3, 2]
 */
export function joinHeads(scope: Scope, mixed: Tensor, shape: Shape, options: HeadOptions): Tensor {
  const joined = reshape(transpose(mixed, [0, 1, 3, 2, 4]), shape); // [B*S, D]
  return linear(scope.child("proj"), joined, shape[1] as number, inits(options));
}

/** The factor of scores for queries `[..., D/H]`. */
export function scoreScale(queries: Tensor, { scale }: HeadOptions): number {
  return scale ?? 1 / Math.sqrt(queries.shape.at(-1) as number);
}

/** `D/H`. @throws RangeError if it is not a whole number */
function requireHeadWidth(width: number, numHeads: number): number {
  if (width % numHeads === 0) return width / numHeads;
  throw new RangeError(`width ${width} cannot be divided among ${numHeads} heads`);
}

function inits({ weightInit, biasInit }: HeadOptions) {
  return { ...(weightInit && { weightInit }), ...(biasInit && { biasInit }) };
}
