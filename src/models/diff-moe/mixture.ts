/** The mixture of experts of a Diff-MoE block, in both of its layouts. */
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
   * `shared`: shared experts and those of a modality side by side in one router (commit 4d2c44e);
   * `global`: a global expert and one of the modality compute every token, and a router chooses among
   * general experts (commit 936f394).
   */
  readonly layout: "shared" | "global";
  /** Experts of the layout `shared` that every token may use. */
  readonly numSharedExperts: number;
  /** Experts of the layout `shared` that belong to one modality. */
  readonly numModalitySpecificExperts: number;
  /** Routed experts of the layout `global`. */
  readonly numGeneralExperts: number;
  readonly numSelectedExperts: number;
  /** Hidden width of an expert over `width`. */
  readonly mlpRatio: number;
  readonly activation: Activation;
  readonly dropout: number;
  readonly layerNormEpsilon: number;
  readonly router: Pick<AttentiveRouterOptions, "form" | "noisy" | "gate" | "pool">;
  /** How many tokens each expert accepts; dropless by default. */
  readonly dispatch: TokenDispatchSettings;
  /** Weight of the mean-square balance loss of each layer. */
  readonly meanSquareLossWeight: number;
  /** Weight of the divergence of each layer's mean probabilities from uniform. */
  readonly klLossWeight: number;
}

export interface MixtureTokens {
  readonly modality: Modality;
  /** Tokens per sample, `S`. */
  readonly numTokens: number;
  /** Which tokens there are, `[N]` bool; default all. */
  readonly mask?: Tensor;
}

/** Experts among which the router of a layer chooses. */
export function countRoutedExperts(config: DiffMoeMixtureConfig): number {
  return config.layout === "global"
    ? config.numGeneralExperts
    : countExperts({ ...config, modalities: ["image"] });
}

/**
 * Mixture over tokens of one modality, `[N, D]` to `[N, D]`.
 *
 * Layout `shared`: `y = sum_k w_k expert_k(x)` over the shared experts and those of the modality.
 * Layout `global`: `y = global(x) + modality(x) + sum_k w_k general_k(x)`, with parameters
 * `global_expert` and `<modality>_expert` beside `experts`. The original took the softmax of the best
 * of a softmax there, which flattens the weights; here they are the probabilities over their sum, as
 * in the other layout.
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
