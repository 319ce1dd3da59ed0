/**
 * A vision transformer with a mixture of experts in every block (V-MoE, arXiv:2106.05974, with the
 * renormalised top-K gate of Mixtral): the plain model behind the benchmarks.
 *
 * Axes: `B` images, `S` patches, `D` width, `C` classes.
 */
import type { Tensor } from "../graph/graph.ts";
import { divideDim } from "../graph/shape.ts";
import type { Activation } from "../moe/experts.ts";
import { moe } from "../moe/layer.ts";
import { softmaxTopKRouter } from "../moe/routers/softmax-top-k.ts";
import { selfAttention } from "../nn/attention.ts";
import { truncatedNormal } from "../nn/initializers.ts";
import { layerNorm } from "../nn/layer-norm.ts";
import { linear } from "../nn/linear.ts";
import { patchEmbed } from "../nn/patch-embed.ts";
import type { Scope } from "../nn/scope.ts";
import { add } from "../ops/arithmetic.ts";
import { reduceMean } from "../ops/reduce.ts";
import { reshape } from "../ops/reshape.ts";

export interface VitMoeConfig {
  readonly patchSize: number;
  readonly width: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly numClasses: number;
  readonly numExperts: number;
  readonly numSelectedExperts: number;
  readonly mlpRatio: number;
  readonly activation: Activation;
}

/**
 * Class logits of images.
 *
 * @param images `[B, channels, H, W]`
 * @returns `[B, C]`
 */
export function vitMoe(scope: Scope, images: Tensor, config: VitMoeConfig): Tensor {
  const { width, patchSize } = config;
  const patches = patchEmbed(scope.child("patch_embed"), images, { patchSize, width }); // [B*S, D]
  const numTokens = divideDim(patches.shape[0]!, images.shape[0]!) as number;
  const perImage = [images.shape[0]!, numTokens, width];
  const position = scope.parameter("pos_embed", [1, numTokens, width], truncatedNormal(0.02));
  let x = reshape(add(reshape(patches, perImage), position), patches.shape); // [B*S, D]
  for (let i = 0; i < config.numLayers; i++) {
    x = block(scope.child("blocks").child(i), x, numTokens, config);
  }
  x = layerNorm(scope.child("norm"), x);
  const pooled = reduceMean(reshape(x, perImage), 1); // [B, D]
  return linear(scope.child("head"), pooled, config.numClasses);
}

function block(scope: Scope, x: Tensor, numTokens: number, config: VitMoeConfig): Tensor {
  const { numHeads, numExperts, numSelectedExperts } = config;
  const norm1 = layerNorm(scope.child("norm1"), x);
  x = add(x, selfAttention(scope.child("attn"), norm1, { numTokens, numHeads })); // [B*S, D]
  const mixed = moe(scope.child("moe"), layerNorm(scope.child("norm2"), x), {
    router: (at, tokens) => softmaxTopKRouter(at, tokens, { numExperts, numSelectedExperts }),
    experts: {
      hiddenWidth: Math.round(config.mlpRatio * config.width),
      activation: config.activation,
    },
  });
  return add(x, mixed); // [B*S, D]
}
