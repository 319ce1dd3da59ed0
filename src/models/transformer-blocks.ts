/** The transformer blocks that most models share. */
import type { Tensor } from "../graph/graph.ts";
import type { MoeLayer, MoeTokens } from "../moe/create-moe.ts";
import { layerNorm } from "../nn/layer-norm.ts";
import type { Scope } from "../nn/scope.ts";
import { add } from "../ops/arithmetic.ts";

export interface TransformerBlocksOptions {
  readonly numLayers: number;
  /** Blocks with experts, counted from 0; the others have a dense layer of the experts' form. */
  readonly sparse: readonly number[];
  readonly layer: Pick<MoeLayer, "apply" | "applyDense">;
  readonly tokens: MoeTokens;
  /** Attention of block `index`, from and to `[N, D]`. */
  readonly attention: (scope: Scope, x: Tensor, index: number) => Tensor;
  /** Applied to what each branch of block `index` adds, such as stochastic depth. */
  readonly branch?: (scope: Scope, y: Tensor, index: number) => Tensor;
  /** Added to the variance in `norm1` and `norm2`. Default 1e-5. */
  readonly normEpsilon?: number;
}

/**
 * Blocks of pre-norm attention and a mixture of experts, both with residuals (arXiv:2002.04745).
 *
 * `x = x + attention(norm1(x))`, `x = x + moe(norm2(x))`; parameters of block `i` under `blocks.i`:
 * `norm1`, `attn`, `norm2`, and `moe` or `mlp`.
 *
 * @param x `[N, D]`
 * @returns `[N, D]`
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
    x = add(x, branch(attn, attended, i));
    const normed = layerNorm(at.child("norm2"), x, normEpsilon);
    const mlp = at.child(sparse.includes(i) ? "moe" : "mlp");
    const mixed = sparse.includes(i)
      ? layer.apply(mlp, normed, tokens)
      : layer.applyDense(mlp, normed);
    x = add(x, branch(mlp, mixed, i));
  }
  return x;
}
