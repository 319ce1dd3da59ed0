/** The exports of `learn/` for both Node and browsers. */
export {
  type Application,
  type ApplyOptions,
  type CompiledFunction,
  type CompileOptions,
  type InitOptions,
  init,
} from "./apply/apply.ts";
export type { ObjectiveResult } from "./apply/objective-result.ts";
export type {
  Applied,
  ArraysOf,
  RunOptions,
  ScopedFunction,
  ScopedResult,
  Weights,
} from "./apply/scoped-function.ts";
export {
  type ArrayBatch,
  type BatchSource,
  batchSpec,
  createEvaluator,
  type Evaluator,
  type EvaluatorOptions,
} from "./evaluator.ts";
export {
  type ArrayBatchesOptions,
  arrayBatches,
  type FitArrays,
  type FitData,
} from "./fit/array-batches.ts";
export type { Fit } from "./fit/fit.ts";
export type { FittedModel, WeightedModel } from "./fit/fitted-model.ts";
export type { FitEvaluation, FitOptions } from "./fit/options.ts";
export { createGradCacheStep } from "./grad-cache/grad-cache.ts";
export { createLora, type Lora, type LoraSettings } from "./lora/lora.ts";
export { mergeAdapters } from "./lora/merge-adapters.ts";
export { type BaseSettings, type ParameterGroups, parameterGroups } from "./parameter-groups.ts";
export type { ParameterRule } from "./parameter-rule.ts";
export type { ProgressSink, ProgressUpdate } from "./progress.ts";
export { runUpdate, type Update, type UpdateOptions } from "./run-update.ts";
export {
  everySteps,
  type Outcome,
  type RunUpdatesOptions,
  runUpdates,
  type UpdateHook,
} from "./run-updates.ts";
export { joinStages, type StagedObjective } from "./staged-objective.ts";
export {
  type BatchSpec,
  evaluationGraph,
  type Objective,
  type StepGraph,
  type StepGraphOptions,
  trainingGraph,
} from "./step-graph.ts";
export {
  type Accumulated,
  createTrainStep,
  type TrainStep,
  type TrainStepOptions,
  type UpdateStep,
} from "./train-step.ts";
