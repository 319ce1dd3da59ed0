/** The engine: training and evaluation graphs of an objective, optimizer state in one arena, update steps. */

export {
  type BatchSource,
  batchSpec,
  createEvaluator,
  type Evaluator,
  type EvaluatorOptions,
} from "./evaluator.ts";
export { createGradCacheStep } from "./grad-cache.ts";
export { type ParameterGroups, parameterGroups } from "./parameter-groups.ts";
export type { ParameterRule } from "./parameter-rule.ts";
export type { ProgressSink, ProgressUpdate } from "./progress.ts";
export { joinStages, type StagedObjective } from "./staged-objective.ts";
export {
  type BatchSpec,
  evaluationGraph,
  type Objective,
  type ObjectiveResult,
  type StepGraph,
  type StepGraphOptions,
  trainingGraph,
} from "./step-graph.ts";
export {
  createTrainStep,
  type TrainStep,
  type TrainStepOptions,
  type UpdateStep,
} from "./train-step.ts";
