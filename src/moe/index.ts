/** Mixture-of-experts layers: routers decide, dispatchers move, experts compute. */
export { countParameters, type ParameterCounts } from "./active-parameters.ts";
export { type Dispatcher, droplessDispatcher } from "./dispatch/dropless.ts";
export { type Activation, type ExpertOptions, mlpExperts } from "./experts.ts";
export { type MoeOptions, moe } from "./layer.ts";
export { meanSquareBalanceLoss, uniformKlLoss } from "./losses/diff-moe.ts";
export { availableExperts, countExperts, type ExpertLayout } from "./modality-experts.ts";
export { type AttentiveRouterOptions, attentiveRouter } from "./routers/attentive.ts";
export { type SoftmaxTopKOptions, softmaxTopKRouter } from "./routers/softmax-top-k.ts";
export { type Normalization, type Routing, selectTopK } from "./routing.ts";
