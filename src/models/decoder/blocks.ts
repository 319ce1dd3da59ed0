import type { Tensor } from "../../graph/graph.ts";
import type { MoeContext } from "../../moe/context.ts";
import { createMoe, type MoeTokens } from "../../moe/create-moe.ts";
import { feedForward } from "../../moe/experts.ts";
import { moeBlocks } from "../../moe/sparse-blocks.ts";
import { normalOf } from "../../nn/initializers.ts";
import { rmsNorm } from "../../nn/rms-norm.ts";
import type { Scope } from "../../nn/scope.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import type { DecoderConfig } from "./settings.ts";

interface DecoderBlocks {
  readonly config: DecoderConfig;
  readonly numTokens: number;
  readonly tokens: MoeTokens;
  /** Attention of block `index`, `[N, D]` to `[N, D]`. */
  readonly attention: (scope: Scope, x: Tensor, index: number) => Tensor;
}

/**
 * Blocks of attention and experts, both after an RMS norm and with residuals:
 * `x = x + r attention(norm1(x))`, `x = x + r moe(norm2(x))`.
 *
 * Parameters of block `i` under `blocks.i`: `norm1.weight`, `attn`, `norm2.weight`, and `moe` or `mlp`.
 *
 * @param x `[N, D]`
 * @returns `[N, D]`
 *
 * No example: `decoder` has one.
 */
export function decoderBlocks(
  scope: Scope,
  x: Tensor,
  { config, numTokens, tokens, attention }: DecoderBlocks,
): Tensor {
  const { numLayers, normEpsilon, multipliers, mlp, initStd } = config;
  const sparse = moeBlocks(config.moeLayers, numLayers);
  const layer = createMoe(config.moe, mixtureContext(config, numTokens));
  const dense = {
    kind: "gated",
    activation: "silu",
    ...mlp,
    weightInit: normalOf(initStd),
  } as const;
  const residual = (y: Tensor): Tensor =>
    multipliers.residual === 1 ? y : mul(y, multipliers.residual);
  for (let i = 0; i < numLayers; i++) {
    const at = scope.child("blocks").child(i);
    const attended = attention(at.child("attn"), rmsNorm(at.child("norm1"), x, normEpsilon), i);
    x = at.tap("+attn", add(x, residual(attended)));
    const normed = rmsNorm(at.child("norm2"), x, normEpsilon);
    const isSparse = sparse.includes(i);
    const form = isSparse ? "moe" : "mlp";
    const mixed = isSparse
      ? layer.apply(at.child("moe"), normed, tokens)
      : feedForward(at.child("mlp"), normed, dense);
    x = at.tap(`+${form}`, add(x, residual(mixed)));
  }
  return x;
}

/**
 * Properties of the decoder that layers of experts depend on.
 *
 * No example: `decoderBlocks` passes them to `createMoe`.
 */
export function mixtureContext(
  { width, vocabularySize, initStd }: DecoderConfig,
  numTokens: number,
): MoeContext {
  return {
    ...{ width, numTokens, vocabularySize },
    causal: true,
    stepwise: true,
    padding: true,
    expertInit: normalOf(initStd),
  };
}
