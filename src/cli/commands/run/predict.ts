import { defined } from "../../../graph/defined.ts";
import type { CheckpointChoice } from "../../../runs/checkpoints/choose-checkpoint.ts";
import { loadModel } from "../../../runs/load-model.ts";
import { type Context, printJson } from "../../context.ts";
import type { CommonOptions } from "../../options.ts";
import { type Broken, expandPictures, readBatch, withLines } from "../../predict/inputs.ts";
import { type Answer, describe, printAnswers, printCsv } from "../../predict/output.ts";
import { createProgress } from "../../progress.ts";

export interface PredictCommandOptions extends CommonOptions {
  readonly top: number;
  readonly texts: readonly string[] | undefined;
  readonly batchSize: number;
  readonly csv: boolean;
  readonly experts: boolean;
  readonly checkpoint: CheckpointChoice;
}

/**
 * `moesaic predict`: answers images or texts with the model of a run.
 *
 * @returns the exit code: 0, or 1 if no input can be read
 */
export async function predictCommand(
  context: Context,
  run: string,
  given: readonly string[],
  { top, texts, batchSize, csv, experts, checkpoint, json }: PredictCommandOptions,
): Promise<number> {
  using progress = createProgress(context.err);
  using model = await loadModel(run, { checkpoint });
  const lines = await withLines(given);
  const inputs = model.readsImages
    ? await expandPictures(lines, (message) => progress.note(message))
    : lines;
  const broken: Broken[] = [];
  const read = (start: number) =>
    readBatch(inputs.slice(start, start + batchSize), model.readsImages);
  const answers: Answer[] = [];
  let next = read(0);
  for (let start = 0; start < inputs.length; start += batchSize) {
    const batch = await next;
    next = read(start + batchSize); // decoded while the model computes
    next.catch(() => undefined); // reported in its turn
    broken.push(...batch.broken);
    const values = batch.read.map(({ value }) => value);
    const options = { top, batchSize, routing: experts, ...defined({ texts }) };
    const found = await model.predict(values, options);
    for (const [i, prediction] of found.entries()) {
      answers.push({ input: batch.read[i]!.input, prediction });
    }
    const done = Math.min(start + batchSize, inputs.length);
    if (inputs.length > batchSize) progress.update({ label: "input", done, total: inputs.length });
  }
  progress.close();

  if (json) {
    const predictions = answers.map(describe);
    printJson(context, { run, step: model.spec.step, predictions, broken });
  } else if (csv) printCsv(context, answers);
  else printAnswers(context, answers, experts);
  for (const note of new Set(answers.flatMap(({ prediction }) => prediction.notes))) {
    context.err.line(note);
  }
  for (const { error } of broken) context.err.line(error);
  if (broken.length > 0) context.err.line(`${broken.length} of ${inputs.length} inputs skipped`);
  return answers.length === 0 ? 1 : 0;
}
