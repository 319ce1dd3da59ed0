import type { Tensor } from "../graph/graph.ts";
import { divideDim, type Shape } from "../graph/shape.ts";
import { add } from "../ops/arithmetic.ts";
import { split } from "../ops/join.ts";
import { matmul } from "../ops/matmul.ts";
import { reshape, transpose } from "../ops/reshape.ts";
import { softmax } from "../ops/softmax.ts";
import { dropout } from "./dropout.ts";
import type { Initializer } from "./initializers.ts";
import { linear } from "./linear.ts";
import type { Scope } from "./scope.ts";

/** What attention over new tokens and attention over a cache have in common. */
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
  /** Added to the scores, broadcasting against `[B, H, S, S]`; -Infinity hides a key. */
  readonly bias?: Tensor;
}

/** Queries, keys and values, each `[1, B, H, S, D/H]`. */
export interface Heads {
  readonly queries: Tensor;
  readonly keys: Tensor;
  readonly values: Tensor;
}

/**
 * Multi-head self-attention, `softmax(scale q kᵀ) v` (arXiv:1706.03762, section 3.2).
 *
 * Parameters `qkv.weight` `[3D, D]`, `qkv.bias`, `proj.weight` `[D, D]`, `proj.bias`.
 *
 * @param x `[B*S, D]`
 * @returns `[B*S, D]`
 */
export function selfAttention(scope: Scope, x: Tensor, options: AttentionOptions): Tensor {
  return attend(scope, projectHeads(scope, x, options.numTokens, options), x.shape, options);
}

/** Queries, keys and values of `S` tokens per sequence, from `x` `[B*S, D]`. */
export function projectHeads(
  scope: Scope,
  x: Tensor,
  numTokens: number,
  options: HeadOptions,
): Heads {
  const { numHeads } = options;
  const width = x.shape[1] as number;
  if (width % numHeads !== 0) {
    throw new RangeError(`width ${width} cannot be divided among ${numHeads} heads`);
  }
  const qkv = linear(scope.child("qkv"), x, 3 * width, {
    ...inits(options),
    bias: options.qkvBias ?? true,
  }); // [B*S, 3D]
  const batch = divideDim(x.shape[0]!, numTokens);
  const heads = transpose(
    reshape(qkv, [batch, numTokens, 3, numHeads, width / numHeads]),
    [2, 0, 3, 1, 4],
  ); // [3, B, H, S, D/H]
  const [queries, keys, values] = split(heads, 3, 0) as [Tensor, Tensor, Tensor];
  return { queries, keys, values };
}

/** Every token mixes the values of its sequence; the result has `shape` `[B*S, D]`. */
export function attend(
  scope: Scope,
  { queries, keys, values }: Heads,
  shape: Shape,
  options: AttentionOptions,
): Tensor {
  const scale = scoreScale(queries, options);
  let scores = matmul(queries, keys, { transposeB: true, scale }); // [1, B, H, S, S]
  if (options.bias !== undefined) scores = add(scores, options.bias);
  const weights = scope.tap("weights", softmax(scores)); // [1, B, H, S, S]
  const mixed = matmul(dropout(scope, weights, options.dropout ?? 0), values); // [1, B, H, S, D/H]
  return joinHeads(scope, mixed, shape, options);
}

/** The heads' results `[1, B, H, S, D/H]` side by side, through the last linear map. */
export function joinHeads(scope: Scope, mixed: Tensor, shape: Shape, options: HeadOptions): Tensor {
  const joined = reshape(transpose(mixed, [0, 1, 3, 2, 4]), shape); // [B*S, D]
  return linear(scope.child("proj"), joined, shape[1] as number, inits(options));
}

/** The factor of scores for queries `[..., D/H]`. */
export function scoreScale(queries: Tensor, { scale }: HeadOptions): number {
  return scale ?? 1 / Math.sqrt(queries.shape.at(-1) as number);
}

function inits({ weightInit, biasInit }: HeadOptions) {
  return { ...(weightInit && { weightInit }), ...(biasInit && { biasInit }) };
}
