/**
 * Diff-MoE: a vision transformer whose feed-forward layers are mixtures of shared and
 * modality-specific experts (github.com/yaolidong/diff-MoE, commit 4d2c44e, re-written).
 *
 * Where this departs from the original:
 * - Modality-specific experts really are: a token is routed among the shared experts and those of its
 *   own modality. In the original both kinds were slots of one router that nothing told apart.
 * - Initial values of the router (orthogonal, gain 0.1) and the experts (Xavier) are kept; the
 *   original overwrote them with a global N(0, 0.02).
 * - Without text the cross-attention step is left out; the original added a second normalised copy
 *   of the tokens to themselves there.
 *
 * Axes: `B` images, `S` patches, `D` width, `C` classes.
 */
import type { Tensor } from "../graph/graph.ts";
import { divideDim } from "../graph/shape.ts";
import type { Activation } from "../moe/activations.ts";
import { capacityLimit } from "../moe/dispatch/capacity-limit.ts";
import type { TokenDispatchSettings } from "../moe/dispatch/config.ts";
import { moe } from "../moe/layer.ts";
import { meanSquareBalanceLoss, uniformKlLoss } from "../moe/losses/diff-moe.ts";
import { availableExperts, countExperts, type ExpertLayout } from "../moe/modality-experts.ts";
import { type AttentiveRouterOptions, attentiveRouter } from "../moe/routers/attentive.ts";
import type { Routing } from "../moe/routing.ts";
import { selfAttention } from "../nn/attention.ts";
import { convStem } from "../nn/conv-stem.ts";
import { dropout } from "../nn/dropout.ts";
import { truncatedNormal, xavierUniform } from "../nn/initializers.ts";
import { layerNorm, standardize } from "../nn/layer-norm.ts";
import { linear } from "../nn/linear.ts";
import { patchEmbed } from "../nn/patch-embed.ts";
import type { Scope } from "../nn/scope.ts";
import { add } from "../ops/arithmetic.ts";
import { slice } from "../ops/join.ts";
import { reduceMean } from "../ops/reduce.ts";
import { reshape } from "../ops/reshape.ts";

export interface DiffMoeConfig extends ExpertLayout {
  readonly patchSize: number;
  /** How patches become tokens: one linear map (the original), or a convolution stem. */
  readonly stem: "linear" | "conv";
  readonly width: number;
  readonly numLayers: number;
  readonly numHeads: number;
  readonly numClasses: number;
  readonly numSelectedExperts: number;
  /** Hidden width of an expert over `width`. */
  readonly mlpRatio: number;
  readonly activation: Activation;
  readonly dropout: number;
  readonly layerNormEpsilon: number;
  /** Standard deviation of the first weights of embeddings, attention and classifier. */
  readonly initStd: number;
  readonly router: Pick<AttentiveRouterOptions, "form" | "noisy" | "gate" | "pool">;
  /** How many tokens each expert accepts; dropless by default. */
  readonly dispatch: TokenDispatchSettings;
  /** Weight of the mean-square balance loss of each layer. */
  readonly meanSquareLossWeight: number;
  /** Weight of the divergence of each layer's mean probabilities from uniform. */
  readonly klLossWeight: number;
}

/**
 * Class logits of images.
 *
 * @param images `[B, channels, H, W]`, normalised
 * @returns `[B, C]`
 */
export function diffMoe(scope: Scope, images: Tensor, config: DiffMoeConfig): Tensor {
  let x = embedImage(scope, images, config); // [B*S, D]
  const numTokens = divideDim(x.shape[0]!, images.shape[0]!) as number;
  for (let i = 0; i < config.numLayers; i++) {
    x = encoderBlock(scope.child("blocks").child(i), x, numTokens, config);
  }
  x = layerNorm(scope.child("norm"), x, config.layerNormEpsilon);
  const perImage = reshape(x, [images.shape[0]!, numTokens, config.width]); // [B, S, D]
  const pooled = scope.tap("pooled", reduceMean(perImage, 1)); // [B, D]
  return linear(scope.child("head"), pooled, config.numClasses, {
    weightInit: truncatedNormal(config.initStd),
  });
}

/** Patches with position and token-type embeddings, `[B*S, D]`. */
function embedImage(scope: Scope, images: Tensor, config: DiffMoeConfig): Tensor {
  const { patchSize, width } = config;
  const embed = scope.child("patch_embed");
  const patches =
    config.stem === "conv"
      ? convStem(embed, images, { patchSize, width })
      : patchEmbed(embed, images, {
          patchSize,
          width,
          weightInit: truncatedNormal(config.initStd),
        });
  const numTokens = divideDim(patches.shape[0]!, images.shape[0]!) as number;
  const init = truncatedNormal(config.initStd);
  const position = scope.parameter("pos_embed", [1, numTokens, width], init, { decay: false });
  const types = scope
    .child("token_type_embed")
    .parameter("weight", [2, width], init, { decay: false });
  const place = add(position, slice(types, 0, 0, 1)); // [1, S, D]; row 1 is for text
  const x = add(reshape(patches, [images.shape[0]!, numTokens, width]), place); // [B, S, D]
  return dropout(scope.child("embed"), reshape(x, patches.shape), config.dropout);
}

/** Pre-norm self-attention, then the mixture of experts; both with residuals. */
function encoderBlock(scope: Scope, x: Tensor, numTokens: number, config: DiffMoeConfig): Tensor {
  const epsilon = config.layerNormEpsilon;
  const attended = selfAttention(scope.child("attn"), layerNorm(scope.child("norm1"), x, epsilon), {
    numTokens,
    numHeads: config.numHeads,
    dropout: config.dropout,
    weightInit: truncatedNormal(config.initStd),
  }); // [B*S, D]
  x = add(x, dropout(scope.child("attn_out"), attended, config.dropout));
  const mixed = mixture(
    scope.child("moe"),
    layerNorm(scope.child("norm3"), x, epsilon),
    numTokens,
    config,
  );
  return add(x, dropout(scope.child("moe_out"), mixed, config.dropout)); // [B*S, D]
}

function mixture(scope: Scope, x: Tensor, numTokens: number, config: DiffMoeConfig): Tensor {
  const { dispatch } = config;
  const { training } = scope;
  return moe(scope, x, {
    ...(dispatch.name === "capacity" && {
      limit: (routing: Routing) => capacityLimit(dispatch, routing, { training, numTokens }),
    }),
    router: (at, tokens) =>
      attentiveRouter(at, tokens, {
        ...config.router,
        numExperts: countExperts(config),
        numSelectedExperts: config.numSelectedExperts,
        available: availableExperts(config, "image"),
        numTokens,
      }),
    prepare: (tokens) => standardize(tokens, config.layerNormEpsilon),
    experts: {
      hiddenWidth: Math.round(config.mlpRatio * config.width),
      activation: config.activation,
      dropout: config.dropout,
      innerNorm: true,
      weightInit: xavierUniform(),
    },
    losses: (at, { probabilities }) => {
      at.auxiliary(
        "mean_square",
        config.meanSquareLossWeight,
        meanSquareBalanceLoss(probabilities),
      );
      at.auxiliary("kl_uniform", config.klLossWeight, uniformKlLoss(probabilities));
    },
  });
}
