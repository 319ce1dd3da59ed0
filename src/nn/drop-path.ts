import type { Tensor } from "../graph/graph.ts";
import { divideDim } from "../graph/shape.ts";
import { reshape } from "../ops/reshape.ts";
import { applyDropout } from "./dropout.ts";
import type { Scope } from "./scope.ts";

/**
 * Stochastic depth (arXiv:1603.09382, section 3): in training, drops the output of a residual branch
 * for whole samples with probability `rate`; otherwise the identity.
 *
 * Kept samples are scaled by `1 / (1 - rate)`, as in timm's `DropPath`; the paper scales by `1 - rate`
 * in evaluation instead, which has the same mean.
 *
 * @param y output of the branch, `[B*S, D]`
 * @param options.numTokens `S`, tokens per sample
 * @example
 * const layer = (scope, { x }) => dropPath(scope, x, 0.1, { numTokens: 3 });
 * const inputs = { x: array([[1, 2], [3, 4], [5, 6]]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [3, 2]
 */
export function dropPath(
  scope: Scope,
  y: Tensor,
  rate: number,
  { numTokens }: { readonly numTokens: number },
): Tensor {
  if (!scope.training || rate === 0) return y;
  const numSamples = divideDim(y.shape[0]!, numTokens);
  const draws = scope.random("drop_path", [numSamples, 1, 1], "uniform");
  const bySample = reshape(y, [numSamples, numTokens, y.shape[1]!]); // [B, S, D]
  return reshape(applyDropout(bySample, draws, rate), y.shape);
}

/**
 * The rate of block `index`: increases linearly from 0 in the first block to `last` in the last, as in
 * timm. The linear rule of arXiv:1603.09382, section 3, starts above 0.
 *
 * @example
 * dropPathRate(0.1, 1, 3); // 0.05
 */
export function dropPathRate(last: number, index: number, numLayers: number): number {
  return numLayers > 1 ? (last * index) / (numLayers - 1) : last;
}
