/** How the task of a system is made from settings and data. */
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
  /** Steps before the learning rate is at its peak. */
  readonly warmupSteps: number;
  /** Of texts that the report samples. */
  readonly seed: number;
  readonly session: SessionOptions;
  /** Whether training leaves out images of these objects. */
  readonly unseen?: (objects: readonly ObjectAttributes[]) => boolean;
}

/**
 * Makes the task of a system.
 *
 * @throws UserError (exit code 2) for data that the system cannot learn from
 * @example
 * defineSystem({ ..., task: ((settings, source, { labelSmoothing }) => ...) satisfies TaskMaker<MySettings> });
 */
export type TaskMaker<Settings = ModelSettings> = (
  settings: Settings,
  source: TaskData,
  options: TaskOptions,
) => Task;
