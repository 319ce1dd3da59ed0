import type { TextDataset } from "../../data/dataset.ts";
import {
  createTextClassifier,
  type TextClassifierSettings,
} from "../../models/text-classifier/config.ts";
import type { Task, TaskData } from "../task.ts";
import type { TaskOptions } from "../task-maker.ts";
import { textClassification } from "./texts.ts";

/** Learns classes of sentences with the text classifier. */
export function textClassifierTask(
  settings: TextClassifierSettings,
  { dataset, fields, tokenizer: given }: TaskData,
  { labelSmoothing }: Pick<TaskOptions, "labelSmoothing">,
): Task {
  const tokenizer = given!; // Data sets of sentences have a tokenizer.
  const { classNames } = dataset as TextDataset;
  const { vocabularySize } = tokenizer;
  const classifier = createTextClassifier(settings, {
    vocabularySize,
    numClasses: classNames.length,
  });
  const contextLength = fields.tokens!.shape[0]!;
  return textClassification(classifier, classNames, { contextLength, tokenizer, labelSmoothing });
}
