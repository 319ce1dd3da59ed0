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
  /** Norms before each branch, or after each addition as in BERT. Default `pre`. */
  readonly norm?: NormPlace;
}

/** Where the norms of a block are: before its branches (arXiv:2002.04745) or after its additions. */
export type NormPlace = "pre" | "post";

/**
 * Blocks of attention and a mixture of experts, both with residuals.
 *
 * Pre-norm (arXiv:2002.04745): `x = x + attention(norm1(x))`, `x = x + moe(norm2(x))`. Post-norm
 * (arXiv:1706.03762): `x = norm1(x + attention(x))`, `x = norm2(x + moe(x))`. Parameters of block `i`
 * under `blocks.i`: `norm1`, `attn`, `norm2`, and `moe` or `mlp`. Taps `blocks.i.+attn` and `blocks.i.+moe` or
 * `blocks.i.+mlp` `[N, D]` are the residual stream after each addition, and after its norm in post-norm
 * blocks.
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
  const { branch = (_, y) => y, norm = "pre" } = options;
  const normIf = (place: NormPlace, at: Scope, y: Tensor): Tensor =>
    place === norm ? layerNorm(at, y, normEpsilon) : y;
  for (let i = 0; i < numLayers; i++) {
    const at = scope.child("blocks").child(i);
    const attn = at.child("attn");
    const [norm1, norm2] = [at.child("norm1"), at.child("norm2")];
    const attended = attention(attn, normIf("pre", norm1, x), i);
    x = at.tap("+attn", normIf("post", norm1, add(x, branch(attn, attended, i))));
    const normed = normIf("pre", norm2, x);
    const form = sparse.includes(i) ? "moe" : "mlp";
    const mlp = at.child(form);
    const mixed = form === "moe" ? layer.apply(mlp, normed, tokens) : layer.applyDense(mlp, normed);
    x = at.tap(`+${form}`, normIf("post", norm2, add(x, branch(mlp, mixed, i))));
  }
  return x;
}
