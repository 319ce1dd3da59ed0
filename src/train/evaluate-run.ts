/** Scores the best checkpoint of a finished or interrupted run. */
import type { Split } from "../data/dataset.ts";
import { UserError } from "../graph/errors.ts";
import { openRun } from "./open-run.ts";
import { scoreSplit } from "./score-split.ts";
import { setUpTraining } from "./setup.ts";
import { loadWeights } from "./train.ts";
import type { ProgressSink } from "./types.ts";

const splits = ["train", "validation", "test"] as const;

export interface EvaluateRunOptions {
  readonly split: string;
  readonly progress: ProgressSink;
}

/** Mean scores of one split under the run's best checkpoint (the latest where none was scored). */
export async function evaluateRun(
  runDirectory: string,
  { split, progress }: EvaluateRunOptions,
): Promise<Record<string, number>> {
  const wanted = requireSplit(split);
  const { config, checkpoint, tokenizer } = await openRun(runDirectory);
  const training = await setUpTraining(config, { tokenizer });
  try {
    await loadWeights(training, checkpoint.path);
    return await scoreSplit(training, wanted, progress);
  } finally {
    await training.dispose();
  }
}

/** The split of that name. */
export function requireSplit(name: string): Split {
  if (splits.includes(name as Split)) return name as Split;
  throw new UserError(`unknown split "${name}"; known are ${splits.join(", ")}`, { exitCode: 2 });
}
