/** Trained models that run on single images and texts and report their routing. */
export type { RoutedLayer } from "../inspect/types/routed-layer.ts";
export type { LiveMaker } from "./abilities.ts";
export { createLiveModel, type LiveModelOptions } from "./create-live-model.ts";
export { liveKind } from "./kinds.ts";
export { type DecodeImageOptions, decodeImageFile } from "./predict/decode-image.ts";
export {
  type FetchOptions,
  fetchLiveModel,
  type LoadModelOptions,
  type LoadProgress,
  loadModel,
  type PageImage,
} from "./predict/load-model.ts";
export type {
  ClassesPrediction,
  LoadedModel,
  PredictedClass,
  Prediction,
  PredictOptions,
  SimilaritiesPrediction,
  SimilarText,
  TextPrediction,
} from "./predict/predictions.ts";
export type { LiveAbilities, LiveSource } from "./source.ts";
export { MAX_SPEC_LENGTH, readLiveModelSpec } from "./spec.ts";
export type {
  BatchedImage,
  BatchedText,
  ClassifiedImage,
  ClassifiedText,
  ClassifyOptions,
  EmbeddedImage,
  EmbeddedText,
  Generated,
  GenerateRequest,
  LiveKind,
  LiveModel,
  LiveModelSpec,
  RoutedImage,
  RoutedText,
} from "./types.ts";
