/** Complete systems, each a function of a scope and a batch. */
export {
  type ClassicMixtureConfig,
  type ClassicMixtureResult,
  classicMixture,
} from "./classic-mixture/classic-mixture.ts";
export {
  type ClassicMixtureSettings,
  checkExpertLabels,
  classicMixtureSchema,
} from "./classic-mixture/config.ts";
export type { ClassificationTask, Classifier } from "./classifier.ts";
export type { ContrastiveModel, PairEmbeddings } from "./contrastive-model.ts";
export { createDecoderModel } from "./decoder/config.ts";
export { decoder } from "./decoder/decoder.ts";
export {
  type DecoderConfig,
  type DecoderSettings,
  decoderConfig,
  decoderSchema,
} from "./decoder/settings.ts";
export {
  type ClassifierDefinition,
  defineSystem,
  type LanguageModelDefinition,
  type LiveKind,
  type ReadTexts,
  type SettingsOf,
  type SystemDefinition,
  type SystemPage,
  type SystemSchema,
  type SystemSizes,
  type VocabularySize,
} from "./define.ts";
export type { TextContext } from "./diff-moe/block.ts";
export {
  createDiffMoe,
  type DiffMoeSettings,
  diffMoeConfig,
  diffMoeMatchingConfig,
  diffMoeSchema,
} from "./diff-moe/config.ts";
export { type DiffMoeConfig, diffMoe, type EncodeImagesOptions } from "./diff-moe/diff-moe.ts";
export {
  type CaptionedImages,
  type DiffMoeMatchingConfig,
  diffMoeWithCaptions,
  diffMoeWithPrompts,
  type PromptedImages,
  type SharedSpace,
} from "./diff-moe/matching.ts";
export type { DiffMoeTextConfig, TextBatch } from "./diff-moe/text.ts";
export {
  type DenseForm,
  denseBlocks,
  type EditableExperts,
  type ExpertCounts,
  moeExperts,
} from "./experts.ts";
export { requireHeads } from "./heads.ts";
export {
  type DecoderResult,
  type LanguageModel,
  type PrefixSpec,
  roomForTokens,
} from "./language-model.ts";
export { createLimoe, type LimoeContext, type LimoeSettings, limoeSchema } from "./limoe/config.ts";
export { limoe } from "./limoe/limoe.ts";
export type { Texts } from "./limoe/segments.ts";
export type { LimoeConfig } from "./limoe/tower-config.ts";
export {
  createMoeDecoder,
  type MoeDecoderSettings,
  moeDecoderSchema,
} from "./moe-decoder/config.ts";
export { type MoeDecoderConfig, moeDecoder } from "./moe-decoder/moe-decoder.ts";
export { createSeeMoe, type SeeMoe, type SeeMoeSettings, seeMoeSchema } from "./seemoe/config.ts";
export { type SeeMoeConfig, seeMoe } from "./seemoe/seemoe.ts";
export type { VisionTowerConfig } from "./seemoe/vision.ts";
export {
  blockSettings,
  contextLength,
  dropoutRate,
  initStd,
  layerCount,
  patchSettings,
  sparseSettings,
} from "./settings.ts";
export { createSfMoe, type SfMoeSettings, sfMoeSchema } from "./sf-moe/config.ts";
export { type BlockPattern, sparseBlocks } from "./sf-moe/pattern.ts";
export { type SfMoeConfig, sfMoe } from "./sf-moe/sf-moe.ts";
export { moeBlockSizes } from "./sizes.ts";
export {
  createSparselyGated,
  type SparselyGatedSettings,
  sparselyGatedSchema,
} from "./sparsely-gated/config.ts";
export { type SparselyGatedConfig, sparselyGated } from "./sparsely-gated/sparsely-gated.ts";
export {
  type ClassifierName,
  createClassifier,
  createLanguageModel,
  type LanguageModelName,
  type ModelSettings,
  modelSchema,
  type SystemName,
  systemOf,
  systems,
  textsOf,
} from "./systems.ts";
export {
  createTextClassifier,
  type TextClassifier,
  type TextClassifierSettings,
  textClassifierSchema,
} from "./text-classifier/config.ts";
export { type TextClassifierConfig, textClassifier } from "./text-classifier/text-classifier.ts";
export {
  embedNextTokens,
  embedSequences,
  flatten,
  lastTokens,
  meanOfTokens,
  type Prefix,
  requireContext,
  type SequenceConfig,
  tokenMask,
  tokenTable,
} from "./token-sequences.ts";
export { type TransformerBlocksOptions, transformerBlocks } from "./transformer-blocks.ts";
export { createVitMoe, type VitMoeSettings, vitMoeSchema } from "./vit-moe/config.ts";
export { type VitMoeConfig, vitMoe } from "./vit-moe/vit-moe.ts";
