/** What a run did, as plain data: routing statistics, mosaics, predictions. */
export { type AgreementOptions, type RoutingAgreement, routingAgreement } from "./agreement.ts";
export {
  type AttentionLayerOptions,
  type AttentionPlan,
  type AttentionSizes,
  attentionLayer,
  attentionPlan,
  attentionShares,
  attentionToKey,
} from "./attention.ts";
export type { AttentionLayer, ImageAttention, PatchDecision } from "./attention-types.ts";
export {
  type ChoiceRecorder,
  choiceRecorder,
  compareChoices,
  type LayerChoices,
} from "./choices.ts";
export {
  type Association,
  type AssociationOptions,
  association,
  type ContingencySizes,
  type ContingencyTable,
  contingencyTable,
} from "./contingency.ts";
export { type PatchDecisionsOptions, patchDecisions } from "./decisions.ts";
export type { DomainAnalysis, DomainScenes, SceneAgreement } from "./domain-types.ts";
export {
  cropPatch,
  type ExpertGalleryOptions,
  expertGallery,
  type GalleryCollector,
  type GallerySamples,
} from "./expert-gallery.ts";
export { fitRecord } from "./fit-record.ts";
export { type ExpertModality, type ModalityShares, modalityShares } from "./modality-shares.ts";
export type {
  ExpertGallery,
  GalleryPatch,
  GalleryWord,
  ImagesOfText,
  LayerGallery,
  RetrievalMatch,
  RetrievalSamples,
  TextsOfImage,
} from "./pair-types.ts";
export { type PlacedObject, patchObjects } from "./patch-objects.ts";
export { decodeRecord, encodeRecord, type StoredRecord } from "./record-codec.ts";
export { type RetrievalSamplesOptions, retrievalSamples } from "./retrieval-samples.ts";
export { type RouterDetails, routerDetails } from "./router-details.ts";
export { type LabelValue, labelRouting } from "./routing-labels.ts";
export {
  mosaicLayer,
  type RoutedBatch,
  type RoutingStatistics,
  type RoutingStatisticsOptions,
  routingStatistics,
  type SampleLabels,
} from "./routing-statistics.ts";
export { maxViolation } from "./routing-sums.ts";
export type {
  LanguageUnits,
  TextPrediction,
  TextSample,
  TokenLayer,
  TokenTrace,
} from "./text-types.ts";
export { joinLayers, tokenLayer } from "./token-layer.ts";
export type {
  CaptionSample,
  CheckpointAgreement,
  ClassScores,
  ConfusionSample,
  DecisionRegions,
  DomainLabelRouting,
  LabelRouting,
  LayerAgreement,
  LayerRouting,
  MetricEvent,
  Mosaic,
  MosaicLayer,
  Prediction,
  RecordedImage,
  RoutingScores,
  RoutingSpread,
  RunRecord,
  Summary,
} from "./types.ts";
