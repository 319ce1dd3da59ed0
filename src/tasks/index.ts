/** Tasks: what a model learns from its data, how it is scored, and what reports show of it. */
export type {
  FullEvaluation,
  FullEvaluationOptions,
  ImagePatches,
  Task,
  TaskData,
} from "./task.ts";
