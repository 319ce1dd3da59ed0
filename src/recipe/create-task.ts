import { usageError } from "../graph/errors.ts";
import { type ModelSettings, systemOf, systems } from "../models/systems.ts";
import { type SystemTask, systemTasks } from "../tasks/system-tasks.ts";
import type { Task, TaskData } from "../tasks/task.ts";
import type { TrainConfig } from "./config.ts";
import { sessionOptions } from "./session-options.ts";

/**
 * The task of a configuration: what its model learns from its data.
 *
 * @throws UserError (exit code 2) if the model cannot learn from the data
 */
export function createTask(config: TrainConfig, source: TaskData): Task {
  const { model, data, train, schedule, seed, runtime } = config;
  const make = taskOf(model);
  requireAlgorithm(config);
  const { reads } = systemOf(model);
  const { kind } = source.dataset;
  if (reads !== "any" && reads !== kind) {
    throw usageError(
      `model.system ${model.system} learns from ${kinds[reads]}, and data.name ${data.name} is ${kinds[kind]}; choose another of the two`,
    );
  }
  return make({
    model,
    source,
    dataName: data.name,
    heldOut: "heldOut" in data ? data.heldOut : undefined,
    train,
    warmupSteps: schedule.warmupSteps,
    seed,
    session: sessionOptions(runtime),
  });
}

const kinds = {
  image: "images",
  text: "labelled sentences",
  stream: "a text",
  points: "points",
} as const;

function taskOf(model: ModelSettings): SystemTask {
  const { task } = systemOf(model);
  if (task !== undefined) return task as SystemTask;
  if (model.system === "custom") {
    throw usageError(
      "model.system custom is a model that a program passes to train as options.task, and no configuration describes it; use train or evaluateRun with the same task",
    );
  }
  const builtIn = systemTasks[model.system] as SystemTask | undefined;
  if (builtIn !== undefined) return builtIn;
  throw usageError(
    `model.system ${(model as { system: string }).system} defines no task; add task`,
  );
}

function requireAlgorithm({ model, train: { algorithm } }: TrainConfig): void {
  if (algorithm === undefined || systemOf(model).learnsDomains) return;
  const names = systems.list().flatMap(({ name, learnsDomains }) => (learnsDomains ? [name] : []));
  throw usageError(
    `train.algorithm ${algorithm.name} does not apply to model.system ${model.system}; drop it, or choose ${names.join(", ")}`,
  );
}
