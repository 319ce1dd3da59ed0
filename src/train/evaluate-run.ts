/** Scores a checkpoint of a finished or interrupted run. */

import type { Split } from "../data/dataset.ts";
import { usageError } from "../graph/errors.ts";
import { mainScores } from "../learn/evaluator.ts";
import { type ProgressSink, silent } from "../learn/progress.ts";
import type { CheckpointChoice } from "../runs/checkpoints/choose-checkpoint.ts";
import { openRun } from "../runs/open-run.ts";
import type { GivenTask } from "./check-given.ts";
import { evaluateSplit } from "./score-split.ts";
import { setUpTraining } from "./setup.ts";
import { sharesCapacity } from "./shared-capacity.ts";

const splits = ["train", "validation", "test"] as const;

export interface EvaluateRunOptions {
  readonly split: string;
  /** Default `best`, or the latest if none was scored. */
  readonly checkpoint?: CheckpointChoice;
  readonly progress?: ProgressSink;
  /** The task, for runs of `train(config, { task })`. */
  readonly task?: GivenTask;
}

/**
 * Scores of a split with the weights of a checkpoint: means, and further scores of the task such as
 * recall, BLEU or zero-shot accuracy.
 *
 * @throws UserError (exit code 2) if the folder is not a run, its task differs, or the split is unknown
 */
export async function evaluateRun(
  runDirectory: string,
  { split, checkpoint: which = "best", progress = silent, task }: EvaluateRunOptions,
): Promise<Record<string, number>> {
  const wanted = requireSplit(split);
  const { config, checkpoint, tokenizer } = await openRun(runDirectory, which);
  const training = await setUpTraining(config, { tokenizer, task });
  try {
    await training.loadWeights(checkpoint.path);
    if (sharesCapacity(config.model)) {
      progress.note(
        `experts share their capacity among the ${config.train.batchSize} samples of a batch, so scores depend on train.batch_size; model.moe.dispatch.group sequence would avoid it`,
      );
    }
    const { scores } = await evaluateSplit(training, wanted, progress);
    return mainScores(scores);
  } finally {
    await training.dispose();
  }
}

/**
 * The split of that name.
 *
 * @throws UserError (exit code 2) if there is no such split
 */
export function requireSplit(name: string): Split {
  if (splits.includes(name as Split)) return name as Split;
  throw usageError(`unknown split "${name}"; known are ${splits.join(", ")}`);
}
