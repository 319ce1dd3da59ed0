/** Results of a run as plain data: routing statistics, mosaics, predictions. */

export {
  type AttentionLayerOptions,
  type AttentionPlan,
  type AttentionSizes,
  attentionLayer,
  attentionPlan,
  attentionShares,
  attentionToKey,
} from "./attention.ts";
export { type PatchDecisionsOptions, patchDecisions } from "./decisions.ts";
export {
  cropPatch,
  type ExpertGalleryOptions,
  expertGallery,
  type GalleryCollector,
  type GallerySamples,
} from "./expert-gallery.ts";
export { layerExperts, type MosaicLayerOptions, mosaicLayer } from "./mosaic-layer.ts";
export { type PlacedObject, patchObjects } from "./patch-objects.ts";
export { fitRecord } from "./record/fit-record.ts";
export { decodeRecord, encodeRecord, type StoredRecord } from "./record/record-codec.ts";
export { type RetrievalSamplesOptions, retrievalSamples } from "./retrieval-samples.ts";
export {
  joinLayers,
  type RoutedTokens,
  routedLayer,
  type TokenRange,
  type Values,
  withoutEmptyChoices,
} from "./routed-layer.ts";
export {
  type RoutingScore,
  type RoutingScoreName,
  type RoutingScores,
  routingScoreList,
  routingScores,
} from "./routing-scores.ts";
export {
  type AgreementOptions,
  type RoutingAgreement,
  routingAgreement,
} from "./statistics/agreement.ts";
export {
  type ChoiceRecorder,
  choiceRecorder,
  compareChoices,
  type LayerChoices,
} from "./statistics/choices.ts";
export {
  type Association,
  type AssociationOptions,
  association,
  type ContingencySizes,
  type ContingencyTable,
  contingencyTable,
} from "./statistics/contingency.ts";
export {
  type ExpertModality,
  type ModalityShares,
  modalityShares,
} from "./statistics/modality-shares.ts";
export { type LabelValue, labelRouting } from "./statistics/routing-labels.ts";
export {
  type RoutedBatch,
  type RoutingStatistics,
  type RoutingStatisticsOptions,
  routingStatistics,
  type SampleLabels,
} from "./statistics/routing-statistics.ts";
export { maxViolation } from "./statistics/routing-sums.ts";
export type { AttentionLayer, ImageAttention, PatchDecision } from "./types/attention.ts";
export type { DomainAnalysis, DomainScenes, SceneAgreement } from "./types/domain.ts";
export type { CaptionSample, ConfusionSample, Prediction, RecordedImage } from "./types/image.ts";
export type { Mosaic, MosaicLayer } from "./types/mosaic.ts";
export type {
  ExpertGallery,
  GalleryPatch,
  GalleryWord,
  ImagesOfText,
  LayerGallery,
  RetrievalMatch,
  RetrievalSamples,
  TextsOfImage,
} from "./types/pair.ts";
export type { ClassScores, DecisionRegions } from "./types/regions.ts";
export type { RecordedLayer, RoutedLayer } from "./types/routed-layer.ts";
export type {
  CheckpointAgreement,
  DomainLabelRouting,
  LabelRouting,
  LayerAgreement,
  LayerRouting,
  RoutingSpread,
} from "./types/routing.ts";
export type { MetricEvent, RunRecord, Summary } from "./types/run-record.ts";
export type {
  LanguageUnits,
  TextPrediction,
  TextSample,
  TokenTrace,
} from "./types/text.ts";
export type {
  CheckpointEntry,
  LiveMessages,
  MetricSeries,
  MetricTable,
  ModelEntry,
  ModelMessage,
  RunEntry,
  RunList,
  RunState,
  RunView,
} from "./types/view.ts";
