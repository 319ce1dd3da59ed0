/** The mixture of experts of a Diff-MoE block, in two layouts. */
import type { Tensor } from "../../graph/graph.ts";
import type { Activation } from "../../moe/activations.ts";
import { capacityLimit } from "../../moe/dispatch/capacity-settings.ts";
import type { TokenDispatchSettings } from "../../moe/dispatch/config.ts";
import { type ExpertOptions, feedForward } from "../../moe/experts.ts";
import { moe } from "../../moe/layer.ts";
import { meanSquareBalanceLoss, uniformKlLoss } from "../../moe/losses/diff-moe.ts";
import { availableExperts, countExperts } from "../../moe/modality-experts.ts";
import { type AttentiveRouterOptions, attentiveRouter } from "../../moe/routers/attentive.ts";
import type { Routing } from "../../moe/routing.ts";
import { xavierUniform } from "../../nn/initializers.ts";
import { standardize } from "../../nn/layer-norm.ts";
import type { Scope } from "../../nn/scope.ts";
import { add } from "../../ops/arithmetic.ts";

export type Modality = "image" | "text";

export interface DiffMoeMixtureConfig {
  readonly width: number;
  /**
   * `shared`: one router over shared and modality-specific experts (commit 4d2c44e); `global`: a global
   * expert and a modality expert process every token, and a router selects general experts (commit
   * 936f394).
   */
  readonly layout: "shared" | "global";
  /** Experts that every token may use in the layout `shared`. */
  readonly numSharedExperts: number;
  /** Experts per modality in the layout `shared`. */
  readonly numModalitySpecificExperts: number;
  /** Routed experts in the layout `global`. */
  readonly numGeneralExperts: number;
  readonly numSelectedExperts: number;
  /** Hidden width of an expert divided by `width`. */
  readonly mlpRatio: number;
  readonly activation: Activation;
  readonly dropout: number;
  readonly layerNormEpsilon: number;
  readonly router: Pick<AttentiveRouterOptions, "form" | "noisy" | "gate" | "pool">;
  /** Capacity of the experts; dropless by default. */
  readonly dispatch: TokenDispatchSettings;
  /** Weight of the mean-square balance loss of each layer. */
  readonly meanSquareLossWeight: number;
  /** Weight of the divergence of each layer's mean probabilities from the uniform distribution. */
  readonly klLossWeight: number;
}

export interface MixtureTokens {
  readonly modality: Modality;
  /** Tokens per sample, `S`. */
  readonly numTokens: number;
  /** False for padding, `[N]` bool. Default: no padding. */
  readonly mask?: Tensor;
}

/** Number of routed experts of a layer. */
export function countRoutedExperts(config: DiffMoeMixtureConfig): number {
  return config.layout === "global"
    ? config.numGeneralExperts
    : countExperts({ ...config, modalities: ["image"] });
}

/**
 * The mixture for tokens of one modality, `[N, D]` to `[N, D]`.
 *
 * Layout `shared`: `y = sum_k w_k expert_k(x)` over the experts that are shared or of the modality.
 * Layout `global`: `y = global(x) + modality(x) + sum_k w_k general_k(x)`, with parameters
 * `global_expert` and `<modality>_expert` in addition to `experts`. The original applied a second
 * softmax to the selected probabilities, which flattens the weights. Here the selected probabilities
 * are divided by their sum, as in the layout `shared`.
 */
export function diffMoeMixture(
  scope: Scope,
  x: Tensor,
  config: DiffMoeMixtureConfig,
  { modality, numTokens, mask }: MixtureTokens,
): Tensor {
  const { dispatch, layout } = config;
  const { training } = scope;
  const experts: ExpertOptions = {
    hiddenWidth: Math.round(config.mlpRatio * config.width),
    activation: config.activation,
    dropout: config.dropout,
    innerNorm: true,
    weightInit: xavierUniform(),
  };
  const masked = mask === undefined ? {} : { mask };
  const routed = moe(scope, x, {
    ...masked,
    ...(dispatch.name === "capacity" && {
      limit: (routing: Routing) => capacityLimit(dispatch, routing, { training, numTokens }),
    }),
    router: (at, tokens) =>
      attentiveRouter(at, tokens, {
        ...config.router,
        ...masked,
        numExperts: countRoutedExperts(config),
        numSelectedExperts: config.numSelectedExperts,
        ...(layout === "shared" && {
          available: availableExperts({ ...config, modalities: [modality] }, modality),
        }),
        numTokens,
      }),
    prepare: (tokens) => standardize(tokens, config.layerNormEpsilon),
    experts,
    losses: (at, { probabilities }) => {
      const square = meanSquareBalanceLoss(probabilities, masked);
      at.auxiliary("mean_square", config.meanSquareLossWeight, square);
      at.auxiliary("kl_uniform", config.klLossWeight, uniformKlLoss(probabilities, masked));
    },
  });
  if (layout === "shared") return routed;
  const always = add(
    feedForward(scope.child("global_expert"), x, experts),
    feedForward(scope.child(`${modality}_expert`), x, experts),
  );
  return add(routed, always);
}
