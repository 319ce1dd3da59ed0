import type {
  ImageDataset,
  ObjectAttributes,
  PointsDataset,
  TextDataset,
} from "../data/dataset.ts";
import { datasets } from "../data/registry.ts";
import { usageError } from "../graph/errors.ts";
import { createMoeDecoder } from "../models/moe-decoder/config.ts";
import { createClassifier } from "../models/systems.ts";
import { createTextClassifier } from "../models/text-classifier/config.ts";
import { captioningTask } from "../tasks/captioning/task.ts";
import { imageClassification } from "../tasks/classification/images.ts";
import { textClassification } from "../tasks/classification/texts.ts";
import { limoeTask } from "../tasks/contrast/limoe.ts";
import { languageModeling } from "../tasks/language-modeling/task.ts";
import { diffMoeTask } from "../tasks/matching/diff-moe.ts";
import { pointsMixture } from "../tasks/points/task.ts";
import type { Task, TaskData } from "../tasks/task.ts";
import type { TrainConfig } from "./config.ts";
import { sessionOptions } from "./session-options.ts";

/**
 * The task of a configuration: what its model learns from its data.
 *
 * @throws UserError (exit code 2) where the model cannot read the data
 */
export function createTask(config: TrainConfig, source: TaskData): Task {
  const { model, data, train, seed, runtime } = config;
  const { dataset } = source;
  requireClassifier(config);
  switch (model.system) {
    case "custom":
      throw usageError(
        "model.system custom is a model that a program gives to train as options.task, and a configuration does not describe it; use train or evaluateRun with the same task",
      );
    case "diff-moe":
      requireKind(dataset.kind, "image", model.system, data.name);
      return diffMoeTask(model, source, train);
    case "sparsely-gated":
    case "sf-moe":
    case "vit-moe": {
      requireKind(dataset.kind, "image", model.system, data.name);
      const { classNames } = dataset as ImageDataset;
      requireClasses(classNames, model.system, data.name);
      const [channels, height, width] = source.fields.images!.shape as [number, number, number];
      const classifier = createClassifier(model, {
        numClasses: classNames.length,
        imageShape: [channels, height, width],
      });
      return imageClassification(classifier, dataset as ImageDataset, train);
    }
    case "moe-decoder": {
      requireKind(dataset.kind, "stream", model.system, data.name);
      const tokenizer = source.tokenizer!;
      const { vocabularySize } = tokenizer;
      const decoder = createMoeDecoder(model, { vocabularySize });
      const session = sessionOptions(runtime);
      return languageModeling(decoder, {
        contextLength: tokensOf(source),
        tokenizer,
        seed,
        session,
      });
    }
    case "text-classifier": {
      requireKind(dataset.kind, "text", model.system, data.name);
      const { vocabularySize } = source.tokenizer!;
      const { classNames } = dataset as TextDataset;
      const numClasses = classNames.length;
      const classifier = createTextClassifier(model, { vocabularySize, numClasses });
      const { labelSmoothing } = train;
      return textClassification(classifier, classNames, {
        contextLength: tokensOf(source),
        tokenizer: source.tokenizer!,
        labelSmoothing,
      });
    }
    case "limoe": {
      requireKind(dataset.kind, "image", model.system, data.name);
      const heldOut = "heldOut" in data ? data.heldOut : undefined;
      return limoeTask(model, source, {
        batchSize: train.batchSize,
        warmupSteps: config.schedule.warmupSteps,
        session: sessionOptions(runtime),
        ...(heldOut && { unseen: matchesFirst(heldOut) }),
      });
    }
    case "seemoe": {
      requireKind(dataset.kind, "image", model.system, data.name);
      const { labelSmoothing } = train;
      return captioningTask(model, source, { labelSmoothing, session: sessionOptions(runtime) });
    }
    case "classic-mixture":
      requireKind(dataset.kind, "points", model.system, data.name);
      return pointsMixture(model, dataset as PointsDataset, train);
  }
}

interface ObjectPattern {
  readonly shape?: string | undefined;
  readonly color?: string | undefined;
}

/** Whether the main object is one of those that were held out of training. */
function matchesFirst(patterns: readonly ObjectPattern[]) {
  return ([main]: readonly ObjectAttributes[]): boolean =>
    main !== undefined &&
    patterns.some(({ shape = main.shape, color = main.color }) => {
      return shape === main.shape && color === main.color;
    });
}

const learnsDomains = ["sparsely-gated", "sf-moe", "vit-moe"];

function requireClassifier({ model, train: { algorithm } }: TrainConfig): void {
  if (algorithm === undefined || learnsDomains.includes(model.system)) return;
  throw usageError(
    `train.algorithm ${algorithm.name} is not for model.system ${model.system}; leave it out, or choose ${learnsDomains.join(", ")}`,
  );
}

function tokensOf({ fields }: TaskData): number {
  return fields.tokens!.shape[0]!;
}

function requireClasses(classNames: readonly string[], system: string, name: string): void {
  if (classNames.length > 0) return;
  const setting = datasets.find(name)?.classesSetting;
  throw usageError(
    `model.system ${system} learns classes, and data.name ${name} has none with these settings; choose another of the two${setting ? `, or set ${setting}` : ""}`,
  );
}

const wanted = {
  image: "images",
  text: "labelled sentences",
  stream: "a text",
  points: "points",
} as const;

function requireKind(
  kind: keyof typeof wanted,
  expected: keyof typeof wanted,
  system: string,
  name: string,
): void {
  if (kind === expected) return;
  throw usageError(
    `model.system ${system} learns from ${wanted[expected]}, and data.name ${name} is ${wanted[kind]}; choose another of the two`,
  );
}
