import type { Tensor } from "../graph/graph.ts";
import { divideDim } from "../graph/shape.ts";
import { add } from "../ops/arithmetic.ts";
import { split } from "../ops/join.ts";
import { matmul } from "../ops/matmul.ts";
import { reshape, transpose } from "../ops/reshape.ts";
import { softmax } from "../ops/softmax.ts";
import { dropout } from "./dropout.ts";
import type { Initializer } from "./initializers.ts";
import { type LinearOptions, linear } from "./linear.ts";
import type { Scope } from "./scope.ts";

export interface AttentionOptions {
  /** Tokens per sequence, `S`. */
  readonly numTokens: number;
  readonly numHeads: number;
  /** Dropout of the attention weights. Default 0. */
  readonly dropout?: number;
  /** Added to the scores, broadcasting against `[B, H, S, S]`; -Infinity hides a key. */
  readonly bias?: Tensor;
  readonly weightInit?: Initializer;
}

/**
 * Multi-head self-attention, `softmax(q kᵀ / sqrt(D/H)) v` (arXiv:1706.03762, section 3.2).
 *
 * Parameters `qkv.weight` `[3D, D]`, `qkv.bias`, `proj.weight` `[D, D]`, `proj.bias`.
 *
 * @param x `[B*S, D]`
 * @returns `[B*S, D]`
 */
export function selfAttention(scope: Scope, x: Tensor, options: AttentionOptions): Tensor {
  const { numTokens, numHeads, weightInit } = options;
  const width = x.shape[1] as number;
  if (width % numHeads !== 0) {
    throw new RangeError(`width ${width} cannot be divided among ${numHeads} heads`);
  }
  const headWidth = width / numHeads;
  const init: LinearOptions = weightInit === undefined ? {} : { weightInit };

  const qkv = linear(scope.child("qkv"), x, 3 * width, init); // [B*S, 3D]
  const batch = divideDim(x.shape[0]!, numTokens);
  const heads = transpose(
    reshape(qkv, [batch, numTokens, 3, numHeads, headWidth]),
    [2, 0, 3, 1, 4],
  ); // [3, B, H, S, D/H]
  const [q, k, v] = split(heads, 3, 0) as [Tensor, Tensor, Tensor]; // each [1, B, H, S, D/H]
  let scores = matmul(q, k, { transposeB: true, scale: 1 / Math.sqrt(headWidth) }); // [1, B, H, S, S]
  if (options.bias !== undefined) scores = add(scores, options.bias);
  const weights = scope.tap("weights", softmax(scores)); // [1, B, H, S, S]
  const mixed = matmul(dropout(scope, weights, options.dropout ?? 0), v); // [1, B, H, S, D/H]
  const joined = reshape(transpose(mixed, [0, 1, 3, 2, 4]), x.shape); // [B*S, D]
  return linear(scope.child("proj"), joined, width, init);
}
