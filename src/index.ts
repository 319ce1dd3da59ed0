/**
 * Moesaic: build, train, inspect and ship sparse mixture-of-experts models.
 *
 * The names used most; every folder is an entry of its own, such as `moesaic/ops` or `moesaic/moe`.
 */
export { gradients } from "./autodiff/gradients.ts";
export { configToYaml, loadConfig } from "./config/load.ts";
export { listRecipes } from "./config/recipes.ts";
export { createLoader } from "./data/loader.ts";
export { openDataset } from "./data/open-dataset.ts";
export { array, type DType, type NdArray, toNumbers } from "./graph/array.ts";
export { UserError } from "./graph/errors.ts";
export { createGraph, type Graph, type Tensor } from "./graph/graph.ts";
export { constant, input } from "./graph/inputs.ts";
export { batch, type Dim, type Shape } from "./graph/shape.ts";
export type { Summary } from "./inspect/types/run-record.ts";
export { type Application, init } from "./learn/apply/apply.ts";
export type { ObjectiveResult } from "./learn/apply/objective-result.ts";
export type { Weights } from "./learn/apply/scoped-function.ts";
export { arrayBatches, type FitArrays, type FitData } from "./learn/fit/array-batches.ts";
export type { Fit } from "./learn/fit/fit.ts";
export type { FittedModel } from "./learn/fit/fitted-model.ts";
export type { FitOptions } from "./learn/fit/options.ts";
export { loadWeights } from "./learn/fit/weights-file.ts";
export { apply, compile, fit, type SavableModel } from "./learn/native.ts";
export type { ProgressSink } from "./learn/progress.ts";
export { everySteps } from "./learn/run-updates.ts";
export type { Objective } from "./learn/step-graph.ts";
export type {
  ClassesPrediction,
  LoadedModel,
  Prediction,
  PredictOptions,
  SimilaritiesPrediction,
  TextPrediction,
} from "./live/predict/predictions.ts";
export { createClassifier } from "./models/systems.ts";
export { type MoeOptions, moe } from "./moe/layer.ts";
export { createScope, type Scope } from "./nn/scope.ts";
export { emitModel } from "./onnx/emit.ts";
export { key } from "./random/key.ts";
export { type TrainConfig, trainConfigSchema } from "./recipe/config.ts";
export { createConfig } from "./recipe/create-config.ts";
export { renderReport } from "./report/report.ts";
export { loadModel } from "./runs/load-model.ts";
export { evaluate, valueAndGradients } from "./runtime/evaluate.ts";
export { nativeRuntime } from "./runtime/native/native.ts";
export type { Runtime, Session } from "./runtime/session.ts";
export { classificationTask } from "./tasks/custom/classification-task.ts";
export { customTask } from "./tasks/custom/custom-task.ts";
export type { Task, TaskData } from "./tasks/task.ts";
export { evaluateRun } from "./train/evaluate-run.ts";
export { type TrainOptions, train } from "./train/train.ts";
