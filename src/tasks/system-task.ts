/** The tasks of all systems; a plug-in system provides a `TaskMaker`. */
import type { Dataset } from "../data/dataset.ts";
import { usageError } from "../graph/errors.ts";
import {
  type ClassifierName,
  type LanguageModelName,
  type ModelSettings,
  type SystemName,
  systemOf,
  systems,
} from "../models/systems.ts";
import { captioningTask } from "./captioning/task.ts";
import { classifierTask } from "./classification/classifier.ts";
import { textClassifierTask } from "./classification/text-classifier.ts";
import { limoeTask } from "./contrast/limoe.ts";
import { languageModelTask } from "./language-modeling/language-model.ts";
import { diffMoeTask } from "./matching/diff-moe.ts";
import { classicMixtureTask } from "./points/task.ts";
import type { Task, TaskData } from "./task.ts";
import type { TaskMaker, TaskOptions } from "./task-maker.ts";

/** Image classifiers and language models have a task in common unless they are listed here. */
type Common = ClassifierName | LanguageModelName;
type Makers = {
  readonly [Name in Exclude<SystemName, Common>]: TaskMaker<ModelSettings<Name>>;
} & { readonly [Name in Common]?: TaskMaker<ModelSettings<Name>> };

const makers: Makers = {
  "classic-mixture": classicMixtureTask,
  custom: refuseCustom,
  "diff-moe": diffMoeTask,
  limoe: limoeTask,
  seemoe: captioningTask,
  "text-classifier": textClassifierTask,
};

/**
 * Creates the task of a system.
 *
 * @throws UserError (exit code 2) for data or an algorithm that the system cannot learn with
 */
export function systemTask(settings: ModelSettings, source: TaskData, options: TaskOptions): Task {
  const {
    name,
    reads,
    classifier,
    languageModel,
    learnsDomains = false,
    task,
  } = systemOf(settings);
  if (options.algorithm !== undefined && !learnsDomains) {
    const others = systems.list().filter((system) => system.learnsDomains);
    throw usageError(
      `train.algorithm ${options.algorithm.name} does not apply to model.system ${name}; drop it, or choose ${others.map((other) => other.name).join(", ")}`,
    );
  }
  if (reads !== "any") requireKind(source.dataset.kind, reads, name, options.dataName);
  const maker =
    task ??
    makers[name as SystemName] ??
    (classifier && classifierTask) ??
    (languageModel && languageModelTask);
  if (maker !== undefined) return (maker as TaskMaker)(settings, source, options);
  throw usageError(`model.system ${name} has no task; add \`task\` to its definition`);
}

function refuseCustom(): never {
  throw usageError(
    "model.system custom is a model that a program passes to train as options.task; use train or evaluateRun with the same task",
  );
}

const nouns = {
  image: "images",
  text: "labelled sentences",
  stream: "a text",
  points: "points",
} as const;

function requireKind(
  kind: Dataset["kind"],
  expected: Dataset["kind"],
  system: string,
  dataName: string,
): void {
  if (kind === expected) return;
  throw usageError(
    `model.system ${system} learns from ${nouns[expected]}, but data.name ${dataName} is ${nouns[kind]}; change one of them`,
  );
}
