/** Layers with parameters, and the scope that names them. */
export {
  type AttentionOptions,
  type CrossAttentionOptions,
  crossAttention,
  type HeadOptions,
  joinHeads,
  mixValues,
  projectHeads,
  selfAttention,
} from "./attention/attention.ts";
export {
  type GroupedHeadOptions,
  type GroupedHeads,
  groupedAttention,
  groupedDecode,
  joinGroups,
  mixGroups,
  mixNext,
} from "./attention/grouped-attention.ts";
export {
  type CachedAttention,
  decodeAttention,
  type KeyValues,
  lengthBias,
  lengthMask,
  prefillAttention,
} from "./attention/kv-cache.ts";
export {
  type LatentOptions,
  latentAttention,
  latentDecode,
} from "./attention/latent-attention.ts";
export { type Rotation, rotate, rotation } from "./attention/rotary.ts";
export {
  type RotaryFrequencies,
  type RotaryOptions,
  type RotaryScaling,
  rotaryFrequencies,
  yarnFactor,
} from "./attention/rotary-frequencies.ts";
export { batchNorm } from "./batch-norm.ts";
export { type ConvOptions, conv } from "./conv.ts";
export { convStem } from "./conv-stem.ts";
export { dropPath, dropPathRate } from "./drop-path.ts";
export { dropout } from "./dropout.ts";
export { type EmbeddingOptions, embedding } from "./embedding.ts";
export {
  constantOf,
  type Initializer,
  kaimingNormal,
  normalOf,
  ones,
  orthogonal,
  torchLinear,
  truncatedNormal,
  uniformOf,
  xavierUniform,
  zeros,
} from "./initializers.ts";
export { layerNorm, standardize } from "./layer-norm.ts";
export { type LinearOptions, linear } from "./linear.ts";
export {
  type LogitScaleOptions,
  learnedLogitScale,
  type Similarity,
  type SimilarityOptions,
  similarity,
} from "./logit-scale.ts";
export { type PatchEmbedOptions, patchEmbed, patchGrid, patchify } from "./patch-embed.ts";
export { positionTable } from "./positions.ts";
export { type ResnetStemOptions, resnetStem } from "./resnet-stem.ts";
export { rmsNorm } from "./rms-norm.ts";
export {
  type Adapter,
  createScope,
  type LossWeight,
  type ParameterSpec,
  type RandomDistribution,
  type RandomSpec,
  type ScheduledWeight,
  type Scope,
  type ScopeOptions,
  type Trace,
} from "./scope.ts";
