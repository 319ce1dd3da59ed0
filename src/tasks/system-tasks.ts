/** What each system learns from its data. */
import type {
  ImageDataset,
  ObjectAttributes,
  PointsDataset,
  TextDataset,
} from "../data/dataset.ts";
import { datasets } from "../data/registry.ts";
import { usageError } from "../graph/errors.ts";
import { createMoeDecoder } from "../models/moe-decoder/config.ts";
import {
  createClassifier,
  type ModelSettings,
  type SettingsOf,
  type SystemName,
} from "../models/systems.ts";
import { createTextClassifier } from "../models/text-classifier/config.ts";
import type { SessionOptions } from "../runtime/session.ts";
import { captioningTask } from "./captioning/task.ts";
import { imageClassification } from "./classification/images.ts";
import { textClassification } from "./classification/texts.ts";
import { limoeTask } from "./contrast/limoe.ts";
import { languageModeling } from "./language-modeling/task.ts";
import { diffMoeTask } from "./matching/diff-moe.ts";
import { pointsMixture } from "./points/task.ts";
import type { Task, TaskData } from "./task.ts";

/** Objects with these attributes were held out of training; an absent attribute matches all. */
interface ObjectPattern {
  readonly shape?: string | undefined;
  readonly color?: string | undefined;
}

/** The settings of a run that tasks depend on. */
export interface TaskContext<Settings = ModelSettings> {
  readonly model: Settings;
  readonly source: TaskData;
  /** `data.name` of the configuration. */
  readonly dataName: string;
  readonly heldOut?: readonly ObjectPattern[] | undefined;
  readonly train: Parameters<typeof diffMoeTask>[2] &
    Parameters<typeof imageClassification>[2] &
    Parameters<typeof pointsMixture>[2] & {
      readonly batchSize: number;
      readonly labelSmoothing: number;
    };
  readonly warmupSteps: number;
  readonly seed: number;
  readonly session: SessionOptions;
}

/**
 * Makes the task of a system; plug-in systems put theirs into `task` of the definition.
 *
 * @throws UserError (exit code 2) if the model cannot learn from the data
 */
export type SystemTask<Settings = ModelSettings> = (context: TaskContext<Settings>) => Task;

type SystemTasks = {
  readonly [Name in Exclude<SystemName, "custom">]: SystemTask<SettingsOf<Name>>;
};

/** The tasks of the built-in systems. */
export const systemTasks: SystemTasks = {
  "diff-moe": ({ model, source, train }) => diffMoeTask(model, source, train),
  "sparsely-gated": classifyImages,
  "sf-moe": classifyImages,
  "vit-moe": classifyImages,
  "moe-decoder"({ model, source, seed, session }) {
    const tokenizer = source.tokenizer!;
    const { vocabularySize } = tokenizer;
    const decoder = createMoeDecoder(model, { vocabularySize });
    return languageModeling(decoder, {
      contextLength: tokensOf(source),
      tokenizer,
      seed,
      session,
    });
  },
  "text-classifier"({ model, source, train: { labelSmoothing } }) {
    const tokenizer = source.tokenizer!;
    const { classNames } = source.dataset as TextDataset;
    const sizes = { vocabularySize: tokenizer.vocabularySize, numClasses: classNames.length };
    return textClassification(createTextClassifier(model, sizes), classNames, {
      contextLength: tokensOf(source),
      tokenizer,
      labelSmoothing,
    });
  },
  limoe: ({ model, source, train: { batchSize }, warmupSteps, session, heldOut }) =>
    limoeTask(model, source, {
      batchSize,
      warmupSteps,
      session,
      ...(heldOut && { unseen: matchesFirst(heldOut) }),
    }),
  seemoe: ({ model, source, train: { labelSmoothing }, session }) =>
    captioningTask(model, source, { labelSmoothing, session }),
  "classic-mixture": ({ model, source, train }) =>
    pointsMixture(model, source.dataset as PointsDataset, train),
};

/** Classification of images, for every system that defines a classifier. */
export function classifyImages({ model, source, dataName, train }: TaskContext): Task {
  const dataset = source.dataset as ImageDataset;
  const { classNames } = dataset;
  if (classNames.length === 0) {
    const setting = datasets.find(dataName)?.classesSetting;
    throw usageError(
      `model.system ${model.system} learns classes, and data.name ${dataName} has none with these settings; choose another of the two${setting ? `, or set ${setting}` : ""}`,
    );
  }
  const [channels, height, width] = source.fields.images!.shape as [number, number, number];
  const classifier = createClassifier(model, {
    numClasses: classNames.length,
    imageShape: [channels, height, width],
  });
  return imageClassification(classifier, dataset, train);
}

function tokensOf({ fields }: TaskData): number {
  return fields.tokens!.shape[0]!;
}

/** Whether the main object matches a pattern. */
function matchesFirst(patterns: readonly ObjectPattern[]) {
  return ([main]: readonly ObjectAttributes[]): boolean =>
    main !== undefined &&
    patterns.some(({ shape = main.shape, color = main.color }) => {
      return shape === main.shape && color === main.color;
    });
}
