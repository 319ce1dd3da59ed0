import type { ObjectAttributes } from "../data/dataset.ts";
import { systemTask } from "../tasks/system-task.ts";
import type { Task, TaskData } from "../tasks/task.ts";
import type { TrainConfig } from "./config.ts";
import { sessionOptions } from "./session-options.ts";

/**
 * Creates the task of a configuration.
 *
 * @throws UserError (exit code 2) if the model cannot learn from the data
 */
export function createTask(config: TrainConfig, source: TaskData): Task {
  const { model, data, train, seed, runtime, schedule } = config;
  const heldOut = "heldOut" in data ? data.heldOut : undefined;
  return systemTask(model, source, {
    ...train,
    dataName: data.name,
    warmupSteps: schedule.warmupSteps,
    seed,
    session: sessionOptions(runtime),
    ...(heldOut && { unseen: matchesFirst(heldOut) }),
  });
}

interface ObjectPattern {
  readonly shape?: string | undefined;
  readonly color?: string | undefined;
}

/** Whether the main object matches one of the patterns. */
function matchesFirst(patterns: readonly ObjectPattern[]) {
  return ([main]: readonly ObjectAttributes[]): boolean =>
    main !== undefined &&
    patterns.some(({ shape = main.shape, color = main.color }) => {
      return shape === main.shape && color === main.color;
    });
}
