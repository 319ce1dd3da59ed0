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
export { meanSquareBalanceLoss, uniformKlLoss } from "./losses/diff-moe.ts";
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
