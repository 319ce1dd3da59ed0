/** Mixture-of-experts layers: routers decide, dispatchers move, experts compute. */
export { countParameters, type ParameterCounts } from "./active-parameters.ts";
export {
  type CapacityOptions,
  type CapacityPreset,
  type CapacitySizes,
  capacityPresets,
  computeCapacity,
} from "./capacity.ts";
export { type CapacityLimit, type LimitedRouting, limitCapacity } from "./dispatch/capacity.ts";
export { denseDispatcher } from "./dispatch/dense.ts";
export { type Dispatcher, droplessDispatcher } from "./dispatch/dropless.ts";
export { expertChoiceDispatcher } from "./dispatch/expert-choice.ts";
export { maskTokens } from "./dispatch/mask.ts";
export { softDispatcher } from "./dispatch/soft.ts";
export { type Activation, type ExpertOptions, mlpExperts } from "./experts.ts";
export { type MoeOptions, moe } from "./layer.ts";
export {
  type BalancedChoices,
  type BalanceLossOptions,
  balanceLoss,
  huggingFaceBalanceLoss,
} from "./losses/balance.ts";
export { meanSquareBalanceLoss, uniformKlLoss } from "./losses/diff-moe.ts";
export {
  type GlobalEntropyLossOptions,
  globalEntropyLoss,
  localEntropyLoss,
} from "./losses/entropy.ts";
export { type ImportanceLossOptions, importanceLoss, sparseGates } from "./losses/importance.ts";
export {
  type AuxiliaryLoss,
  type AuxiliaryLossName,
  type AuxiliaryLossOptions,
  auxiliaryLoss,
  auxiliaryLosses,
} from "./losses/index.ts";
export { uniformToRoutingKlLoss } from "./losses/kl.ts";
export {
  type LoadLossOptions,
  type NoisyLogits,
  shazeerLoadLoss,
  vmoeLoadLoss,
} from "./losses/load.ts";
export { type SequenceBalanceLossOptions, sequenceBalanceLoss } from "./losses/sequence-balance.ts";
export type { TokenMask } from "./losses/tokens.ts";
export type { VariationOptions } from "./losses/variation.ts";
export { l1Penalty, l2Penalty, type Weights, weightPenalty } from "./losses/weight-penalty.ts";
export { type ZLossOptions, zLoss } from "./losses/z-loss.ts";
export {
  assignmentCounts,
  deadExperts,
  maxViolationOf,
  type RoutingMetrics,
  routingMetrics,
  routingMetricsByModality,
  successRate,
} from "./metrics.ts";
export { availableExperts, countExperts, type ExpertLayout } from "./modality-experts.ts";
export { type AttentiveRouterOptions, attentiveRouter } from "./routers/attentive.ts";
export { type SoftmaxTopKOptions, softmaxTopKRouter } from "./routers/softmax-top-k.ts";
export {
  type DenseRouting,
  type ExpertChoice,
  type Normalization,
  type Routing,
  type SoftRouting,
  selectTopK,
} from "./routing.ts";
