/** The task of LIMoE: contrastive learning from captioned images. */

import type { ImageDataset } from "../../data/dataset.ts";
import { classTemplates } from "../../data/text/class-templates.ts";
import { usageError } from "../../graph/errors.ts";
import { createLimoe, type LimoeSettings } from "../../models/limoe/config.ts";
import type { Task, TaskData } from "../task.ts";
import type { TaskOptions } from "../task-maker.ts";
import { imageTextContrast } from "./task.ts";
import { contrastiveWarnings } from "./warnings.ts";

/**
 * Learns to match images and captions.
 *
 * @throws UserError (exit code 2) if the data lack captions or a tokenizer, or batches have one pair
 */
export function limoeTask(
  model: LimoeSettings,
  { dataset: anySet, fields, tokenizer }: TaskData,
  {
    batchSize,
    warmupSteps,
    session,
    unseen,
  }: Pick<TaskOptions, "batchSize" | "warmupSteps" | "session" | "unseen">,
): Task {
  const dataset = anySet as ImageDataset;
  const refuse = (message: string): never => {
    throw usageError(message);
  };
  if (dataset.get(0).captions === undefined) {
    refuse(`${dataset.name} has no captions to compare images with; choose a set with captions`);
  }
  if (tokenizer === undefined) {
    return refuse(
      "model.system limoe reads captions; set data.tokenizer, for example to { kind: word } or { kind: clip }",
    );
  }
  if (batchSize === 1) {
    refuse(
      "a contrastive loss compares the pairs of a batch, but train.batch_size is 1; raise it to 2 or more",
    );
  }
  const imageShape = fields.images!.shape as readonly [number, number, number];
  const { vocabularySize } = tokenizer;
  const contrastive = createLimoe(model, { vocabularySize, imageShape });
  const { classNames } = dataset;
  const templates = classTemplates(dataset.name);
  const options = { classNames, templates, tokenizer, session, ...(unseen && { unseen }) };
  const { learnedTemperature, minTemperature, ignoreRepeated } = model.contrastive;
  const watched = {
    warmupSteps,
    ignoresRepeated: ignoreRepeated,
    ...(learnedTemperature && { minTemperature }),
  };
  return {
    ...imageTextContrast(contrastive, options),
    diagnose: (history) => contrastiveWarnings(history, { form: contrastive.form, ...watched }),
  };
}
