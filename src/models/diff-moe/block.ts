/** The Diff-MoE block: self-attention, gated fusion with a text, mixture of experts. */
import type { Tensor } from "../../graph/graph.ts";
import { crossAttention, selfAttention } from "../../nn/attention/attention.ts";
import { dropout } from "../../nn/dropout.ts";
import { truncatedNormal } from "../../nn/initializers.ts";
import { layerNorm } from "../../nn/layer-norm.ts";
import { linear } from "../../nn/linear.ts";
import type { Scope } from "../../nn/scope.ts";
import { sigmoid } from "../../ops/activation.ts";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import { where } from "../../ops/compare.ts";
import { unsqueeze } from "../../ops/reshape.ts";
import { repeat } from "../../ops/tile.ts";
import { type DiffMoeMixtureConfig, diffMoeMixture, type MixtureTokens } from "./mixture.ts";

export interface DiffMoeBlockConfig extends DiffMoeMixtureConfig {
  readonly numHeads: number;
  /** Standard deviation of the initial weights of embeddings, attention and classifier. */
  readonly initStd: number;
}

/** A text that image tokens attend to: one text per image, or one for all images. */
export interface TextContext {
  /** `[B*T, D]`, or `[T, D]` if all images share the text. */
  readonly tokens: Tensor;
  /** `T` */
  readonly numTokens: number;
  /** Attention bias that masks padding, `[B, 1, 1, T]` or `[1, 1, 1, T]`. */
  readonly bias: Tensor;
  /** Whether each image has a text, `[B]` bool. Default: all have one. */
  readonly present?: Tensor;
}

export interface BlockTokens extends MixtureTokens {
  /** Attention bias that masks keys of the self-attention, `[B, 1, 1, S]`. */
  readonly bias?: Tensor;
  readonly text?: TextContext | undefined;
}

/**
 * Pre-norm self-attention, fusion if there is a text, and the mixture; all with residuals.
 *
 * Taps `attn.weights` `[1, B, H, S, S]` and `fusion.attn.weights` `[1, B, H, S, T]`.
 *
 * @param x `[B*S, D]`
 */
export function diffMoeBlock(
  scope: Scope,
  x: Tensor,
  config: DiffMoeBlockConfig,
  tokens: BlockTokens,
): Tensor {
  const { layerNormEpsilon: epsilon, dropout: rate, numHeads, initStd } = config;
  const { numTokens, bias, text } = tokens;
  const attended = selfAttention(scope.child("attn"), layerNorm(scope.child("norm1"), x, epsilon), {
    numTokens,
    numHeads,
    dropout: rate,
    weightInit: truncatedNormal(initStd),
    ...(bias && { bias }),
  }); // [B*S, D]
  x = add(x, dropout(scope.child("attn_out"), attended, rate));
  if (text !== undefined) {
    const normed = layerNorm(scope.child("norm2"), x, epsilon);
    const fused = fusion(scope.child("fusion"), normed, text, config, numTokens);
    x = add(x, dropout(scope.child("fusion_out"), fused, rate)); // [B*S, D]
  }
  const normed = layerNorm(scope.child("norm3"), x, epsilon);
  const mixed = diffMoeMixture(scope.child("moe"), normed, config, tokens);
  return add(x, dropout(scope.child("moe_out"), mixed, rate)); // [B*S, D]
}

/**
 * Gated fusion with a text: `g * a + (1 - g) * x`, where `a` is the attention of the tokens to the
 * text and `g = sigmoid(W a + b)`; 0 for images without a text, so that they skip this step.
 *
 * @param x `[B*S, D]`, normalised
 */
function fusion(
  scope: Scope,
  x: Tensor,
  text: TextContext,
  { numHeads, dropout: rate, initStd, layerNormEpsilon }: DiffMoeBlockConfig,
  numTokens: number,
): Tensor {
  const init = { weightInit: truncatedNormal(initStd) };
  const queries = layerNorm(scope.child("norm"), x, layerNormEpsilon);
  const attended = crossAttention(scope.child("attn"), queries, text.tokens, {
    ...init,
    numTokens,
    numKeys: text.numTokens,
    numHeads,
    dropout: rate,
    bias: text.bias,
  }); // [B*S, D]
  const gate = sigmoid(linear(scope.child("gate"), attended, x.shape[1] as number, init));
  const fused = add(mul(gate, attended), mul(sub(1, gate), x)); // [B*S, D]
  if (text.present === undefined) return fused;
  return where(unsqueeze(repeat(text.present, numTokens), 1), fused, 0);
}
