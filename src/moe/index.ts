/** Mixture-of-experts layers: routers decide, dispatchers move, experts compute. */
export {
  type Activation,
  type ActivationFunction,
  type ActivationName,
  activationOf,
  activationSchema,
  activations,
} from "./activations.ts";
export {
  countByToken,
  countParameters,
  type ParameterCounts,
  type TokenPaths,
} from "./active-parameters.ts";
export { checkMoe, type MoeProblem } from "./check.ts";
export { defaultDispatcher, supports } from "./compatibility.ts";
export { type MoeDefaults, type MoeInput, moeSchema, moeSchemaWith, parseMoe } from "./config.ts";
export { type MoeContext, routerRequirements } from "./context.ts";
export { createMoe, type MoeLayer, type MoeTokens } from "./create-moe.ts";
export { capacityLimit } from "./dispatch/capacity-settings.ts";
export {
  type CapacityOptions,
  type CapacityPreset,
  type CapacitySizes,
  capacityPresets,
  computeCapacity,
  runTimeCapacity,
} from "./dispatch/compute-capacity.ts";
export {
  type DispatcherName,
  type DispatchInput,
  type DispatchSettings,
  dispatchers,
  dispatchSchema,
  type TokenDispatchSettings,
  tokenDispatchSchema,
} from "./dispatch/config.ts";
export { denseDispatcher } from "./dispatch/dense.ts";
export { type Dispatcher, droplessDispatcher } from "./dispatch/dropless.ts";
export { expertChoiceDispatcher } from "./dispatch/expert-choice.ts";
export {
  type CapacityLimit,
  type LimitedRouting,
  limitCapacity,
} from "./dispatch/limit-capacity.ts";
export { maskTokens } from "./dispatch/mask.ts";
export { softDispatcher } from "./dispatch/soft.ts";
export {
  withoutLimit,
  withoutSharedLimit,
  withoutSharedRoom,
} from "./dispatch/without-limit.ts";
export { applyExperts, type ExpertOptions, feedForward } from "./experts.ts";
export { type ExpertSettings, expertsSchema } from "./experts-config.ts";
export { type MoeOptions, moe } from "./layer.ts";
export {
  type BalancedChoices,
  type BalanceLossOptions,
  balanceLoss,
  huggingFaceBalanceLoss,
} from "./losses/balance.ts";
export {
  defineLoss,
  type Ingredient,
  ingredients,
  type LossDefinition,
  type LossInputs,
  type LossOptions,
  type LossVariant,
} from "./losses/define.ts";
export { meanSquareBalanceLoss, uniformKlLoss } from "./losses/diff-moe.ts";
export {
  type GlobalEntropyLossOptions,
  globalEntropyLoss,
  localEntropyLoss,
} from "./losses/entropy.ts";
export {
  groupMean,
  groupSettings,
  overGroups,
  type TokenGroups,
} from "./losses/groups.ts";
export { type ImportanceLossOptions, importanceLoss, sparseGates } from "./losses/importance.ts";
export {
  type AuxiliaryLossName,
  type AuxiliaryLossOptions,
  auxiliaryLoss,
  auxiliaryLosses,
  type LossInput,
  type LossSettings,
  lossSchema,
} from "./losses/index.ts";
export { uniformToRoutingKlLoss } from "./losses/kl.ts";
export {
  type LoadLossOptions,
  type NoisyLogits,
  shazeerLoadLoss,
  vmoeLoadLoss,
} from "./losses/load.ts";
export { type SequenceBalanceLossOptions, sequenceBalanceLoss } from "./losses/sequence-balance.ts";
export { type TokenMask, tokenMean } from "./losses/tokens.ts";
export type { VariationOptions } from "./losses/variation.ts";
export { l1Penalty, l2Penalty, type Weights, weightPenalty } from "./losses/weight-penalty.ts";
export { type ZLossOptions, zLoss } from "./losses/z-loss.ts";
export { availableExperts, countExperts, type ExpertLayout } from "./modality-experts.ts";
export {
  type AttentiveRouterOptions,
  attentiveForm,
  attentiveRouter,
} from "./routers/attentive.ts";
export { balancedAssignment } from "./routers/balanced-assignment.ts";
export { type BaseRouterOptions, baseRouter, baseRouting } from "./routers/base.ts";
export { type CosineRouterOptions, cosineLogits, cosineRouter } from "./routers/cosine.ts";
export {
  type Decides,
  defineRouter,
  type ExpertAxis,
  type RouterDefinition,
  type RouterExamples,
  type RouterForm,
  type RouterInputs,
  type RouterRequirements,
  type RouterVariant,
  type Selection,
  type TensorLayout,
} from "./routers/define.ts";
export { type DenseRouterOptions, denseRouter, denseRouting } from "./routers/dense.ts";
export { type EvenAssignmentOptions, evenAssignment } from "./routers/even-assignment.ts";
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
export {
  type RouterInput,
  type RouterName,
  type RouterSettings,
  routerSchema,
  routers,
} from "./routers/index.ts";
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
  type AnyRouting,
  type DenseRouting,
  type ExpertChoice,
  type MoeSizes,
  type Normalization,
  type RouterKind,
  type Routing,
  type RoutingByKind,
  requireSelectable,
  type SoftRouting,
  selectTopK,
} from "./routing.ts";
export {
  isRoutingTap,
  layersOf,
  type RoutingPart,
  type RoutingValues,
  type RoutingWith,
  readRouting,
  routingTap,
  statisticsParts,
  tapRouting,
  tokenParts,
} from "./routing-taps.ts";
export type { MoeSettings } from "./settings.ts";
export { moeSizes } from "./sizes.ts";
export { type MoeLayers, moeBlocks, moeLayersSchema } from "./sparse-blocks.ts";
export { type AddExpertsOptions, addExperts } from "./surgery/add-experts.ts";
export { alignUnits } from "./surgery/align-units.ts";
export {
  type ChangeOptions,
  changeExperts,
  type ExpertChange,
  type ExpertKinds,
  type ExpertPart,
  type NewExpert,
} from "./surgery/change.ts";
export { type ExpertSource, type ExpertStart, startOfExpert } from "./surgery/expert-start.ts";
export {
  type ExpertLayer,
  expertLayers,
  type RouterTensor,
  type Tensors,
} from "./surgery/layout.ts";
export { type MergeExpertsOptions, mergeExperts } from "./surgery/merge-experts.ts";
export { type RemoveExpertsOptions, removeExperts } from "./surgery/remove-experts.ts";
export type { PerLayer } from "./surgery/selection.ts";
export { type UpcycleExpertsOptions, upcycleExperts } from "./surgery/upcycle-experts.ts";
export { tokenView } from "./token-view.ts";
