/** Tasks: what a model learns from its data, how it is scored, and what reports show of it. */
export {
  type ClassificationTaskOptions,
  classificationTask,
} from "./custom/classification-task.ts";
export { type CustomTaskOptions, customTask } from "./custom/custom-task.ts";
export { classifyImages, type SystemTask, type TaskContext } from "./system-tasks.ts";
export type {
  FullEvaluation,
  FullEvaluationOptions,
  ImagePatches,
  Task,
  TaskData,
} from "./task.ts";
