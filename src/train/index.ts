/** Training runs: configuration, training, evaluation, checkpoints, weights as safetensors. */
export { configToYaml, type LoadOptions, loadConfig } from "../config/load.ts";
export { listRecipes, type Recipe } from "../config/recipes.ts";
export {
  type ChangedLayer,
  type ChangedRun,
  type ChangeRunOptions,
  changeRunExperts,
} from "./change-experts.ts";
export { type Checkpoint, listCheckpoints } from "./checkpoint-store.ts";
export {
  type ComparedRouting,
  type CompareRoutingOptions,
  compareRouting,
} from "./compare-routing.ts";
export { type TrainConfig, trainConfigSchema } from "./config.ts";
export { type EvaluateRunOptions, evaluateRun } from "./evaluate-run.ts";
export type {
  AddEdit,
  ExpertEdit,
  MergeEdit,
  NamedExperts,
  RemoveEdit,
  UpcycleEdit,
} from "./expert-edits.ts";
export {
  type ListedExpert,
  type ListedExperts,
  type ListedLayer,
  listRunExperts,
} from "./list-experts.ts";
export { readMetrics } from "./metrics-file.ts";
export {
  type OpenedLanguageModel,
  type OpenLanguageModelOptions,
  openLanguageModel,
} from "./open-language-model.ts";
export { type OpenedRun, openRun } from "./open-run.ts";
export { decodeSafetensors, encodeSafetensors, type SafetensorsContent } from "./safetensors.ts";
export {
  type BatchSpec,
  evaluationGraph,
  type Objective,
  type ObjectiveResult,
  type StepGraph,
  type StepGraphOptions,
  trainingGraph,
} from "./step-graph.ts";
export { type TrainOptions, train } from "./train.ts";
export { createTrainStep, type TrainStep, type TrainStepOptions } from "./train-step.ts";
export type { MetricEvent, ProgressSink, ProgressUpdate, Summary } from "./types.ts";
