/** Transformer blocks shared by most models. */
import type { Tensor } from "../graph/graph.ts";
import type { MoeLayer, MoeTokens } from "../moe/create-moe.ts";
import { layerNorm } from "../nn/layer-norm.ts";
import type { Scope } from "../nn/scope.ts";
import { add } from "../ops/arithmetic.ts";

export interface TransformerBlocksOptions {
  readonly numLayers: number;
  /**
   * Indices of the blocks with experts; all others have a dense layer with the experts'
   * architecture.
   */
  readonly sparse: readonly number[];
  readonly layer: Pick<MoeLayer, "apply" | "applyDense">;
  readonly tokens: MoeTokens;
  /** Attention of block `index`, `[N, D]` to `[N, D]`. */
  readonly attention: (scope: Scope, x: Tensor, index: number) => Tensor;
  /** Applied to the output of each branch of block `index`, such as stochastic depth. */
  readonly branch?: (scope: Scope, y: Tensor, index: number) => Tensor;
  /** Added to the variance in `norm1` and `norm2`. Default 1e-5. */
  readonly normEpsilon?: number;
}

/**
 * Blocks of pre-norm attention and a mixture of experts, both with residuals (arXiv:2002.04745).
 *
 * `x = x + attention(norm1(x))`, `x = x + moe(norm2(x))`; parameters of block `i` under `blocks.i`:
 * `norm1`, `attn`, `norm2`, and `moe` or `mlp`. Taps `blocks.i.+attn` and `blocks.i.+moe` or
 * `blocks.i.+mlp` `[N, D]` are the residual stream after each addition.
 *
 * @param x `[N, D]`
 * @returns `[N, D]`
 * @example
 * const layer = { apply: (at, tokens) => tokens, applyDense: (at, tokens) => tokens };
 * const model = (scope, { x }) =>
 *   transformerBlocks(scope, x, {
 *     numLayers: 2,
 *     sparse: [1], // the second block has experts
 *     layer,
 *     tokens: {},
 *     attention: (at, tokens) => selfAttention(at, tokens, { numHeads: 1, numTokens: 3 }),
 *   });
 * const inputs = { x: array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]) };
 * const { output } = await apply(model, init(model, inputs), inputs);
 * output.shape; // [3, 4]
 */
export function transformerBlocks(
  scope: Scope,
  x: Tensor,
  options: TransformerBlocksOptions,
): Tensor {
  const { numLayers, sparse, layer, tokens, attention, normEpsilon } = options;
  const { branch = (_, y) => y } = options;
  for (let i = 0; i < numLayers; i++) {
    const at = scope.child("blocks").child(i);
    const attn = at.child("attn");
    const attended = attention(attn, layerNorm(at.child("norm1"), x, normEpsilon), i);
    x = at.tap("+attn", add(x, branch(attn, attended, i)));
    const normed = layerNorm(at.child("norm2"), x, normEpsilon);
    const form = sparse.includes(i) ? "moe" : "mlp";
    const mlp = at.child(form);
    const mixed = form === "moe" ? layer.apply(mlp, normed, tokens) : layer.applyDense(mlp, normed);
    x = at.tap(`+${form}`, add(x, branch(mlp, mixed, i)));
  }
  return x;
}
