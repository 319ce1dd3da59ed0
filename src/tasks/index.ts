/** Tasks: objectives, scores and report contents of models. */

export { imageClassification } from "./classification/images.ts";
export {
  type ClassificationTaskOptions,
  classificationTask,
} from "./custom/classification-task.ts";
export { type CustomTaskOptions, customTask } from "./custom/custom-task.ts";
export { systemTask } from "./system-task.ts";
export type {
  FullEvaluation,
  FullEvaluationOptions,
  ImagePatches,
  Task,
  TaskData,
} from "./task.ts";
export type { TaskMaker, TaskOptions } from "./task-maker.ts";
