/** Training runs: configuration, training, evaluation, checkpoints, weights as safetensors. */
export { configToYaml, type LoadOptions, loadConfig } from "../config/load.ts";
export { listRecipes, type Recipe } from "../config/recipes.ts";
export {
  type CountedModel,
  type CountedPart,
  countModelParameters,
  countParametersOf,
  type TokenCounts,
} from "./count-parameters.ts";
export type { DescribeOptions } from "./described-data.ts";
export { analyzeDomains } from "./domains/analysis.ts";
export { type CellOptions, type DomainCell, planCells } from "./domains/cells.ts";
export { listDomains } from "./domains/list-domains.ts";
export {
  type FinishedCell,
  type ProtocolOptions,
  type ProtocolResult,
  protocolJson,
  runProtocol,
} from "./domains/protocol.ts";
export type { ImageRequest, ImageSource, SplitRequest } from "./embedding/image-source.ts";
export { type EmbeddingTable, writeEmbeddings } from "./embedding/write-embeddings.ts";
export { type EvaluateRunOptions, evaluateRun } from "./evaluate-run.ts";
export {
  type ChangedLayer,
  type ChangedRun,
  type ChangeRunOptions,
  changeRunExperts,
} from "./experts/change-experts.ts";
export type {
  AddEdit,
  ExpertEdit,
  MergeEdit,
  NamedExperts,
  RemoveEdit,
  UpcycleEdit,
} from "./experts/expert-edits.ts";
export {
  type ListedExpert,
  type ListedExperts,
  type ListedLayer,
  listRunExperts,
} from "./experts/list-experts.ts";
export {
  type ExportedLiveModel,
  type ExportLiveModelOptions,
  encodeLiveModel,
  exportLiveModel,
  exportLiveModelSpec,
  LIVE_MODEL_FILES,
  writeLiveModel,
} from "./export-live-model.ts";
export { type OpenedCaptioner, openCaptioner } from "./open-captioner.ts";
export {
  type EmbeddedImages,
  type EmbedHooks,
  type OpenEmbedderOptions,
  type OpenedEmbedder,
  openEmbedder,
} from "./open-embedder.ts";
export {
  type OpenedLanguageModel,
  type OpenLanguageModelOptions,
  openLanguageModel,
} from "./open-language-model.ts";
export { type OpenedRun, openRun } from "./open-run.ts";
export { type TrainConfig, trainConfigSchema } from "./recipe/config.ts";
export {
  type ComparedRouting,
  type CompareRoutingOptions,
  compareRouting,
} from "./routing/compare-routing.ts";
export { type Checkpoint, listCheckpoints } from "./run/checkpoint-store.ts";
export { readMetrics } from "./run/metrics-file.ts";
export {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsContent,
} from "./run/safetensors.ts";
export { createGradCacheStep } from "./step/grad-cache.ts";
export { joinStages, type StagedObjective } from "./step/staged-objective.ts";
export {
  type BatchSpec,
  evaluationGraph,
  type Objective,
  type ObjectiveResult,
  type StepGraph,
  type StepGraphOptions,
  trainingGraph,
} from "./step/step-graph.ts";
export {
  createTrainStep,
  type TrainStep,
  type TrainStepOptions,
  type UpdateStep,
} from "./step/train-step.ts";
export { type TrainOptions, train } from "./train.ts";
export type { MetricEvent, ProgressSink, ProgressUpdate, Summary } from "./types.ts";
