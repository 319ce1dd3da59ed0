/**
 * Causal attention in which several query heads share keys and values (arXiv:2305.13245).
 *
 * Axes: `B` sequences, `S` new tokens, `T` keys, `H` query heads, `G` heads of keys and values,
 * `R = H/G` queries that share one, `W` width of a head, `L` capacity of the cache.
 */
import type { Tensor } from "../../graph/graph.ts";
import { type Dim, divideDim, product } from "../../graph/shape.ts";
import { add, clamp } from "../../ops/arithmetic.ts";
import { concat, slice } from "../../ops/join.ts";
import { matmul } from "../../ops/matmul.ts";
import { expand, reshape, transpose } from "../../ops/reshape.ts";
import { softmax } from "../../ops/softmax.ts";
import { dropout } from "../dropout.ts";
import { type Initializer, zeros } from "../initializers.ts";
import { linear } from "../linear.ts";
import { rmsNorm } from "../rms-norm.ts";
import type { Scope } from "../scope.ts";
import type { CachedAttention, KeyValues } from "./kv-cache.ts";
import { type Rotation, rotate } from "./rotary.ts";

export interface GroupedHeadOptions {
  readonly numHeads: number;
  /** `G`, divides `H`. */
  readonly numKeyValueHeads: number;
  readonly headWidth: number;
  /** Whether queries, keys and values get a bias. Default false. */
  readonly qkvBias?: boolean;
  /** Whether the last linear map has a bias. Default false. */
  readonly projBias?: boolean;
  /**
   * RMS normalisation of queries and keys before the rotation: of every head with common weights
   * (`head`, Qwen3), or of all heads together (`all`, OLMoE). Default `none`.
   */
  readonly queryKeyNorm?: "none" | "head" | "all";
  /** Added to the mean square in those norms. Default 1e-6. */
  readonly normEpsilon?: number;
  /** Bound of the absolute values of queries, keys and values. Default none. */
  readonly clip?: number | undefined;
  /** Whether each head has a learned score that no key receives (gpt-oss, arXiv:2309.17453). */
  readonly sinks?: boolean;
  /** Factor of the scores. Default `1 / sqrt(W)`. */
  readonly scale?: number | undefined;
  /** Dropout of the attention weights. Default 0. */
  readonly dropout?: number;
  readonly weightInit?: Initializer;
  /** Angles of the new tokens, which broadcast against `[B, H, S, W/2]`. Default: no positions. */
  readonly rotation?: Rotation;
}

/** Queries `[B, H, S, W]`, keys and values `[B, G, S, W]`. */
export interface GroupedHeads {
  readonly queries: Tensor;
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * Attention of whole sequences; keys and values are returned for the cache.
 *
 * Parameters `q.weight` `[H W, D]`, `k.weight` and `v.weight` `[G W, D]`, `proj.weight` `[D, H W]`, their
 * biases, `q_norm.weight`, `k_norm.weight`, `sinks` `[H]`; tap `weights` `[1, B, H, S, S]`.
 *
 * @param x `[B*S, D]`
 * @param bias added to the scores, broadcasts against `[1, B, H, S, S]`; -Infinity hides a key
 * @example
 * const heads = { numHeads: 4, numKeyValueHeads: 2, headWidth: 2 };
 * const layer = (scope, { x }) => groupedAttention(scope, x, { ...heads, numTokens: 3 }).output;
 * const inputs = { x: array([[1, 2], [3, 4], [5, 6]]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [3, 2]
 */
export function groupedAttention(
  scope: Scope,
  x: Tensor,
  options: GroupedHeadOptions & { readonly numTokens: number; readonly bias?: Tensor },
): CachedAttention {
  const { numTokens } = options;
  const heads = projectGroups(scope, x, divideDim(x.shape[0]!, numTokens), numTokens, options);
  const mixed = mixGroups(scope, heads, options);
  return { output: joinGroups(scope, mixed, x, options), keys: heads.keys, values: heads.values };
}

/**
 * The values mixed by attention over whole sequences, `[B, H, S, W]`; tap `weights`.
 *
 * No example: `groupedAttention` has one.
 */
export function mixGroups(
  scope: Scope,
  { queries, keys, values }: GroupedHeads,
  options: GroupedHeadOptions & { readonly numTokens: number; readonly bias?: Tensor },
): Tensor {
  const { numTokens, numHeads, numKeyValueHeads, headWidth, bias } = options;
  const batch = queries.shape[0]!;
  const rows = (numHeads / numKeyValueHeads) * numTokens; // R S
  const grouped = reshape(queries, [batch, numKeyValueHeads, rows, headWidth]);
  const product = matmul(grouped, keys, { transposeB: true, scale: scaleOf(options) }); // [B, G, R S, S]
  let scores = reshape(product, [1, batch, numHeads, numTokens, numTokens]);
  if (bias !== undefined) scores = add(scores, bias);
  const weights = scope.tap("weights", withSink(scope, scores, [1, 1, numHeads, 1, 1], options));
  const kept = dropout(scope, weights, options.dropout ?? 0);
  const mixed = matmul(reshape(kept, [batch, numKeyValueHeads, rows, numTokens]), values); // [B, G, R S, W]
  return reshape(mixed, [batch, numHeads, numTokens, headWidth]);
}

/**
 * Attention of one new token per sequence over the tokens in the cache and itself.
 *
 * @param x `[B, D]`
 * @param cache `[B, G, L, W]`
 * @param hidden `[B, 1, 1, L]`, added to the scores; see `lengthBias`
 *
 * No example: the cache is an input of the graph; see `decoderStep` for its use.
 */
export function groupedDecode(
  scope: Scope,
  x: Tensor,
  cache: KeyValues,
  options: GroupedHeadOptions & { readonly hidden: Tensor },
): CachedAttention {
  const heads = projectGroups(scope, x, x.shape[0]!, 1, options);
  const mixed = mixNext(scope, heads, cache, options);
  return { output: joinGroups(scope, mixed, x, options), keys: heads.keys, values: heads.values };
}

/**
 * The values of the cache and of one new token mixed by attention, `[B, H, 1, W]`.
 *
 * No example: the cache is an input of the graph.
 */
export function mixNext(
  scope: Scope,
  { queries, keys, values }: GroupedHeads,
  cache: KeyValues,
  { hidden, ...options }: GroupedHeadOptions & { readonly hidden: Tensor },
): Tensor {
  const { numHeads, numKeyValueHeads, headWidth } = options;
  const batch = queries.shape[0]!;
  const sharing = numHeads / numKeyValueHeads; // R
  const grouped = reshape(queries, [batch, numKeyValueHeads, sharing, headWidth]);
  const form = { transposeB: true, scale: scaleOf(options) };
  const past = add(matmul(grouped, cache.keys, form), hidden); // [B, G, R, L]
  const scores = concat([past, matmul(grouped, keys, form)], -1); // [B, G, R, L + 1]
  const weights = withSink(scope, scores, [1, numKeyValueHeads, sharing, 1], options);
  const mixed = add(
    matmul(slice(weights, -1, 0, -1), cache.values),
    matmul(slice(weights, -1, -1), values),
  ); // [B, G, R, W]
  return reshape(mixed, [batch, numHeads, 1, headWidth]);
}

function projectGroups(
  scope: Scope,
  x: Tensor,
  batch: Dim,
  numTokens: number,
  options: GroupedHeadOptions,
): GroupedHeads {
  const { numHeads, numKeyValueHeads, headWidth, clip, rotation } = options;
  const { queryKeyNorm = "none", normEpsilon } = options;
  const linearOptions = { bias: options.qkvBias ?? false, ...initOf(options) };
  const project = (name: "q" | "k" | "v", count: number): Tensor => {
    let y = linear(scope.child(name), x, count * headWidth, linearOptions); // [B S, n W]
    const normed = name !== "v" && queryKeyNorm !== "none";
    const norm = (rows: Tensor) => rmsNorm(scope.child(`${name}_norm`), rows, normEpsilon);
    if (normed && queryKeyNorm === "all") y = norm(y);
    if (clip !== undefined) y = clamp(y, -clip, clip);
    y = reshape(y, [batch, numTokens, count, headWidth]);
    if (normed && queryKeyNorm === "head") y = norm(y);
    return transpose(y, [0, 2, 1, 3]); // [B, n, S, W]
  };
  const turn = (heads: Tensor): Tensor =>
    rotation === undefined ? heads : rotate(heads, rotation);
  return {
    queries: turn(project("q", numHeads)),
    keys: turn(project("k", numKeyValueHeads)),
    values: project("v", numKeyValueHeads),
  };
}

/** Softmax over the last axis of scores, beside the sink of each head if there are sinks. */
function withSink(
  scope: Scope,
  scores: Tensor,
  shape: readonly number[],
  { sinks = false, numHeads }: GroupedHeadOptions,
): Tensor {
  if (!sinks) return softmax(scores);
  const sink = reshape(scope.parameter("sinks", [numHeads], zeros), shape);
  const column = expand(sink, slice(scores, -1, 0, 1));
  return slice(softmax(concat([scores, column], -1)), -1, 0, -1);
}

/**
 * Concatenates the heads `[B, H, S, W]` and applies the last linear map: `[B*S, D]`.
 *
 * No example: `groupedAttention` has one.
 */
export function joinGroups(
  scope: Scope,
  heads: Tensor,
  x: Tensor,
  options: GroupedHeadOptions,
): Tensor {
  const [batch, numHeads, numTokens, width] = heads.shape as [Dim, number, number, number];
  const joined = reshape(transpose(heads, [0, 2, 1, 3]), [
    product([batch, numTokens]),
    numHeads * width,
  ]);
  const bias = options.projBias ?? false;
  return linear(scope.child("proj"), joined, x.shape[1] as number, { bias, ...initOf(options) });
}

function scaleOf({ scale, headWidth }: GroupedHeadOptions): number {
  return scale ?? 1 / Math.sqrt(headWidth);
}

function initOf({ weightInit }: GroupedHeadOptions) {
  return weightInit === undefined ? {} : { weightInit };
}
