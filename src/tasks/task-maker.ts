/** The function that creates the task of a system from settings and data. */
import type { ObjectAttributes } from "../data/dataset.ts";
import type { ModelSettings } from "../models/systems.ts";
import type { SessionOptions } from "../runtime/session.ts";
import type { DomainLearningOptions } from "./classification/domain-learning.ts";
import type { Task, TaskData } from "./task.ts";

/** Settings of a training run that tasks depend on. */
export interface TaskOptions extends DomainLearningOptions {
  /** `data.name` of the recipe, for messages. */
  readonly dataName: string;
  readonly batchSize: number;
  readonly labelSmoothing: number;
  /** Warm-up steps of the learning rate. */
  readonly warmupSteps: number;
  /** Seed of the texts that the report samples. */
  readonly seed: number;
  readonly session: SessionOptions;
  /** Whether training excludes images of these objects. */
  readonly unseen?: (objects: readonly ObjectAttributes[]) => boolean;
}

/**
 * Creates the task of a system.
 *
 * @throws UserError (exit code 2) for data that the system cannot learn from
 * @example
 * const task = (({ width }, source) => {
 *   const objective = (scope, { features, labels }) => {
 *     const hidden = relu(linear(scope.child("fc1"), features, width));
 *     const logits = linear(scope.child("fc2"), hidden, source.dataset.classNames.length);
 *     return { loss: crossEntropy(logits, labels) };
 *   };
 *   return customTask({ objective })(source);
 * }) satisfies TaskMaker<{ readonly width: number }>; // the part `task` of defineSystem
 */
export type TaskMaker<Settings = ModelSettings> = (
  settings: Settings,
  source: TaskData,
  options: TaskOptions,
) => Task;
