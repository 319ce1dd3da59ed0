import type { Tensor } from "../src/graph/graph.ts";
import { selfAttention } from "../src/nn/attention/attention.ts";
import { truncatedNormal } from "../src/nn/initializers.ts";
import { layerNorm } from "../src/nn/layer-norm.ts";
import { linear } from "../src/nn/linear.ts";
import { patchEmbed } from "../src/nn/patch-embed.ts";
import type { Scope } from "../src/nn/scope.ts";
import { gelu } from "../src/ops/activation.ts";
import { add } from "../src/ops/arithmetic.ts";
import { reduceMean } from "../src/ops/reduce.ts";
import { reshape } from "../src/ops/reshape.ts";
import { type CaseConfig, fixed } from "./cases.ts";

/**
 * The vision transformer with one MLP in place of the experts. Frameworks without sparse dispatch
 * can express it too.
 *
 * @param images `[B, 1, 28, 28]`
 * @returns logits `[B, 10]`
 */
export function denseVit(scope: Scope, images: Tensor, { width, batchSize }: CaseConfig): Tensor {
  const patches = patchEmbed(scope.child("patch_embed"), images, {
    patchSize: fixed.patchSize,
    width,
  }); // [B*S, D]
  const perImage = [batchSize, fixed.tokens, width];
  const position = scope.parameter("pos_embed", [1, fixed.tokens, width], truncatedNormal(0.02));
  let x = reshape(add(reshape(patches, perImage), position), patches.shape); // [B*S, D]
  for (let i = 0; i < fixed.blocks; i++) x = block(scope.child("blocks").child(i), x); // [B*S, D]
  x = layerNorm(scope.child("norm"), x);
  const pooled = reduceMean(reshape(x, perImage), 1); // [B, D]
  return linear(scope.child("head"), pooled, fixed.classes);
}

function block(scope: Scope, x: Tensor): Tensor {
  const width = x.shape[1] as number;
  const norm1 = layerNorm(scope.child("norm1"), x);
  const attention = { numTokens: fixed.tokens, numHeads: fixed.heads };
  x = add(x, selfAttention(scope.child("attn"), norm1, attention)); // [B*S, D]
  const norm2 = layerNorm(scope.child("norm2"), x);
  const mlp = scope.child("mlp");
  const hidden = gelu(linear(mlp.child("fc1"), norm2, fixed.mlpRatio * width)); // [B*S, 4D]
  return add(x, linear(mlp.child("fc2"), hidden, width)); // [B*S, D]
}
