/** The task of Diff-MoE, by its text input. */
import type { ImageDataset } from "../../data/dataset.ts";
import { datasets } from "../../data/registry.ts";
import { usageError } from "../../graph/errors.ts";
import { type DiffMoeSettings, diffMoeMatchingConfig } from "../../models/diff-moe/config.ts";
import { createClassifier } from "../../models/systems.ts";
import { imageClassification } from "../classification/images.ts";
import type { Task, TaskData } from "../task.ts";
import { classPrompts } from "./class-prompts.ts";
import { imageTextMatching } from "./task.ts";

/**
 * `none`: classification of images; `prompts`: classification with a head and with class descriptions;
 * `captions`: matching of captions and images.
 *
 * @throws UserError (exit code 2) if the data lack classes, captions or a tokenizer
 */
export function diffMoeTask(
  model: DiffMoeSettings,
  { dataset: anySet, fields, tokenizer }: TaskData,
  { labelSmoothing }: { readonly labelSmoothing: number },
): Task {
  const dataset = anySet as ImageDataset;
  const { name, classNames } = dataset;
  const numClasses = classNames.length;
  const imageShape = fields.images!.shape as readonly [number, number, number];
  const classifier = createClassifier(model, { numClasses, imageShape });
  if (model.text !== "captions" && numClasses === 0) {
    const setting = datasets.find(name)?.classesSetting;
    throw usageError(
      `${name} has no classes to learn; set model.text to captions${setting ? `, or ${setting}` : ""}`,
    );
  }
  if (model.text === "none") return imageClassification(classifier, dataset, { labelSmoothing });
  if (tokenizer === undefined) {
    throw usageError(
      `model.text ${model.text} needs a tokenizer; set data.tokenizer, for example to { kind: clip }`,
    );
  }
  if (model.text === "prompts") {
    return classPrompts(model, classifier, dataset, { tokenizer, labelSmoothing });
  }
  if (dataset.get(0).captions === undefined) {
    throw usageError(
      `${name} has no captions; set model.text to prompts or none, or choose other data`,
    );
  }
  const { vocabularySize } = tokenizer;
  const config = diffMoeMatchingConfig(model, { numClasses, vocabularySize });
  const contextLength = fields.tokens!.shape[0]!;
  return imageTextMatching(model, config, classifier, dataset, {
    tokenizer,
    contextLength,
    labelSmoothing,
  });
}
