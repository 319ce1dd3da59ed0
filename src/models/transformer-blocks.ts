/** The transformer blocks that text models share. */
import type { Tensor } from "../graph/graph.ts";
import type { MoeLayer, MoeTokens } from "../moe/create-moe.ts";
import { layerNorm } from "../nn/layer-norm.ts";
import type { Scope } from "../nn/scope.ts";
import { add } from "../ops/arithmetic.ts";

export interface TransformerBlocksOptions {
  readonly numLayers: number;
  /** Blocks with experts, counted from 0; the others have a dense layer of the experts' form. */
  readonly sparse: readonly number[];
  readonly layer: MoeLayer;
  readonly tokens: MoeTokens;
  /** Attention of block `index`, from and to `[N, D]`. */
  readonly attention: (scope: Scope, x: Tensor, index: number) => Tensor;
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
  const { numLayers, sparse, layer, tokens, attention } = options;
  for (let i = 0; i < numLayers; i++) {
    const at = scope.child("blocks").child(i);
    x = add(x, attention(at.child("attn"), layerNorm(at.child("norm1"), x), i));
    const normed = layerNorm(at.child("norm2"), x);
    const mixed = sparse.includes(i)
      ? layer.apply(at.child("moe"), normed, tokens)
      : layer.applyDense(at.child("mlp"), normed);
    x = add(x, mixed);
  }
  return x;
}
