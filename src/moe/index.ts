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
export { balancedAssignment } from "./routers/balanced-assignment.ts";
export { type BaseRouterOptions, baseRouter, baseRouting } from "./routers/base.ts";
export { type CosineRouterOptions, cosineLogits, cosineRouter } from "./routers/cosine.ts";
export { type DenseRouterOptions, denseRouter, denseRouting } from "./routers/dense.ts";
export {
  type ExpertChoiceOptions,
  type ExpertChoiceRoutingOptions,
  expertChoiceRouter,
  expertChoiceRouting,
  selectTokens,
} from "./routers/expert-choice.ts";
export {
  balancedHashTable,
  type HashTableOptions,
  hashRouting,
  hashTable,
  tokenPositions,
} from "./routers/hash.ts";
export { type RouterInfo, type RouterKind, type RouterName, routers } from "./routers/index.ts";
export {
  type BiasRoutingOptions,
  biasRouting,
  type LossFreeBiasOptions,
  lossFreeBiasRouter,
  nextBias,
} from "./routers/loss-free-bias.ts";
export type { RouterNoise } from "./routers/noise.ts";
export { type NoisyTopKOptions, noisyTopKRouter, noisyTopKRouting } from "./routers/noisy-top-k.ts";
export {
  type SecondExpertPolicy,
  type SecondExpertRouterOptions,
  secondExpertPolicy,
  secondExpertRouter,
} from "./routers/second-expert.ts";
export {
  type SoftRouterOptions,
  type SoftRoutingOptions,
  softLogits,
  softRouter,
  softRouting,
} from "./routers/soft.ts";
export {
  type SoftmaxTopKOptions,
  type SoftmaxTopKRoutingOptions,
  softmaxTopKRouter,
  softmaxTopKRouting,
} from "./routers/softmax-top-k.ts";
export { type SwitchRouterOptions, switchRouter, switchRouting } from "./routers/switch.ts";
export {
  type TopPOptions,
  type TopPRoutingOptions,
  topPRouter,
  topPRouting,
} from "./routers/top-p.ts";
export { type YuanRouterOptions, yuanLogits, yuanRouter } from "./routers/yuan.ts";
export {
  type DenseRouting,
  type ExpertChoice,
  type Normalization,
  type Routing,
  type SoftRouting,
  selectTopK,
} from "./routing.ts";
