/** Builds a layer from its settings. */
import { defined } from "../graph/defined.ts";
import { usageError } from "../graph/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { declaredWeight } from "../losses/mean-over.ts";
import { standardize } from "../nn/layer-norm.ts";
import type { LossWeight, Scope } from "../nn/scope.ts";
import { equal, logicalAnd } from "../ops/compare.ts";
import { lossLabel } from "./check.ts";
import { type MoeContext, requireMoeContext, routerRequirements } from "./context.ts";
import { capacityLimit, expertChoiceCapacity } from "./dispatch/capacity-settings.ts";
import { type ExpertOptions, feedForward } from "./experts.ts";
import { expertOptions } from "./experts-config.ts";
import { type MoeOptions, moe } from "./layer.ts";
import { auxiliaryLoss, type LossSettings } from "./losses/index.ts";
import { overTokens } from "./losses/tokens.ts";
import { l1Penalty, l2Penalty } from "./losses/weight-penalty.ts";
import { recordWeights } from "./record-weights.ts";
import { routers } from "./routers/index.ts";
import type { MoeSizes, Routing } from "./routing.ts";
import type { MoeSettings } from "./settings.ts";
import { moeSizes } from "./sizes.ts";

/** Optional properties of the tokens of a layer. */
export interface MoeTokens {
  /** Tokens that are not padding, `[N]` bool; padding is neither routed nor counted. */
  readonly mask?: Tensor | undefined;
  /** Index of each token's modality, `[N]` int64. */
  readonly modality?: Tensor | undefined;
  /** Ids of words, `[N]` int64, for hash routing. */
  readonly ids?: Tensor | undefined;
}

/** A layer with its sizes. */
export interface MoeLayer extends MoeSizes {
  /** The mixture of experts of `x` `[N, D]`, `[N, D']`; taps and parameters as in `moe`. */
  apply(scope: Scope, x: Tensor, tokens?: MoeTokens): Tensor;
  /** A dense layer of the experts' form and their width before `granularity`, for other blocks. */
  applyDense(scope: Scope, x: Tensor): Tensor;
}

/**
 * Creates the layer with these settings, for the model described by `context`.
 *
 * @throws UserError (exit code 2) for settings that are incompatible with the model
 * @example
 * const layer = createMoe(parseMoe({ num_experts: 4 }), { width: 64 });
 * const y = layer.apply(scope.child("moe"), x); // [N, 64]
 */
export function createMoe(settings: MoeSettings, context: MoeContext): MoeLayer {
  requireMoeContext(settings, context);
  const sizes = moeSizes(settings);
  const { width, outputWidth, expertInit: weightInit } = context;
  const init = defined({ weightInit, outputWidth });
  const experts = { ...expertOptions(settings.experts, width), ...init };
  const dense = { ...expertOptions(settings.experts, width, 1), ...init };
  return {
    ...sizes,
    apply: (scope, x, tokens = {}) =>
      moe(scope, x, layerOptions(scope, settings, context, { sizes, experts, tokens })),
    applyDense: (scope, x) => feedForward(scope, x, dense),
  };
}

interface Parts {
  readonly sizes: MoeSizes;
  readonly experts: ExpertOptions;
  readonly tokens: MoeTokens;
}

function layerOptions(
  layer: Scope,
  settings: MoeSettings,
  context: MoeContext,
  { sizes, experts, tokens }: Parts,
): MoeOptions {
  const { router, dispatch, routerPenalty } = settings;
  const { numTokens, vocabularySize } = context;
  const { mask } = tokens;
  const { training } = layer;
  const { noPadding } = routerRequirements(router);
  if (mask !== undefined && training && noPadding !== undefined) {
    throw usageError(
      `the router ${router.name} needs batches without padding, got a mask: ${noPadding}`,
    );
  }
  const modalities = modalityMasks(tokens, context);
  return {
    experts,
    ...defined({ finish: context.finish }),
    mask,
    modalities,
    numSharedExperts: settings.experts.numShared,
    sharedGate: settings.experts.sharedGate,
    ...defined({ sharedHiddenWidth: settings.experts.sharedHiddenWidth }),
    ...(settings.experts.innerNorm && { prepare: (x: Tensor) => standardize(x) }),
    ...(dispatch.name === "capacity" && {
      limit: (routing: Routing) => capacityLimit(dispatch, routing, { training, numTokens, mask }),
    }),
    router: (scope, x) => {
      const { scope: recording, weights } = recordWeights(scope);
      const room =
        dispatch.name === "expert_choice"
          ? expertChoiceCapacity(dispatch, x.shape[0]!, settings.numExperts, {
              training,
              numTokens,
              mask,
            })
          : {};
      const inputs = { ...sizes, numTokens, vocabularySize, mask, ids: tokens.ids, ...room };
      const routing = routers.get(router.name).route(recording, x, router, inputs);
      if (routerPenalty.l1 > 0) layer.auxiliary("router_l1", routerPenalty.l1, l1Penalty(weights));
      if (routerPenalty.l2 > 0) layer.auxiliary("router_l2", routerPenalty.l2, l2Penalty(weights));
      return routing;
    },
    losses: (scope, routing) => {
      for (const loss of settings.losses) {
        const counted = loss.modality === undefined ? mask : modalities[loss.modality];
        const { name, weight: _, schedule: __, modality: ___, ...options } = loss;
        const value = auxiliaryLoss(name, routing, {
          ...defined(options),
          ...defined({ numTokens, mask: counted }),
        });
        if (value === undefined) continue;
        const weighted = declaredWeight(value) === undefined ? overTokens(value, counted) : value;
        scope.auxiliary(lossLabel(loss), weightOf(loss), weighted);
      }
    },
  };
}

function weightOf({ weight, schedule }: LossSettings): LossWeight {
  return schedule === undefined ? weight : { peak: weight, ...schedule };
}

/** Tokens of each modality without padding, `[N]` bool. */
function modalityMasks(
  { modality, mask }: MoeTokens,
  { modalities = [] }: MoeContext,
): Record<string, Tensor> {
  if (modality === undefined) return {};
  const entries = modalities.map((name, index) => {
    const own = equal(modality, constant(modality.graph, index, "int64"));
    return [name, mask === undefined ? own : logicalAnd(own, mask)] as const;
  });
  return Object.fromEntries(entries);
}
