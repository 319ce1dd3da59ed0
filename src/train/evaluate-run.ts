/** Scores a checkpoint of a finished or interrupted run. */
import type { Split } from "../data/dataset.ts";
import { usageError } from "../graph/errors.ts";
import { mainScores } from "../learn/evaluator.ts";
import type { ProgressSink } from "../learn/progress.ts";
import { openRun } from "../runs/open-run.ts";
import { evaluateSplit } from "./score-split.ts";
import { loadWeights, setUpTraining } from "./setup.ts";

const splits = ["train", "validation", "test"] as const;

export interface EvaluateRunOptions {
  readonly split: string;
  /** Default `best`, which is the latest where none was scored. */
  readonly checkpoint?: "best" | "latest";
  readonly progress: ProgressSink;
}

/**
 * What a finished training tells of its test split, of any split: means, and what the task adds to them,
 * such as recall, BLEU or zero-shot accuracy.
 */
export async function evaluateRun(
  runDirectory: string,
  { split, checkpoint: which = "best", progress }: EvaluateRunOptions,
): Promise<Record<string, number>> {
  const wanted = requireSplit(split);
  const { config, checkpoint, tokenizer } = await openRun(runDirectory, which);
  const training = await setUpTraining(config, { tokenizer });
  try {
    await loadWeights(training, checkpoint.path);
    const { scores } = await evaluateSplit(training, wanted, progress);
    return mainScores(scores);
  } finally {
    await training.dispose();
  }
}

/** The split of that name. */
export function requireSplit(name: string): Split {
  if (splits.includes(name as Split)) return name as Split;
  throw usageError(`unknown split "${name}"; known are ${splits.join(", ")}`);
}
