import type { Split } from "../data/dataset.ts";
import type { Loader } from "../data/loader.ts";
import { mainScores } from "../learn/evaluator.ts";
import type { ProgressSink } from "../learn/progress.ts";
import type { FullEvaluation } from "../tasks/task.ts";
import { checkEvaluation } from "./check-given.ts";
import type { Training } from "./setup.ts";

/** Mean scores of one split under the weights of `training`. */
export function scoreSplit(
  training: Pick<Training, "openSplit" | "createEvaluator">,
  split: Split,
  progress: ProgressSink,
): Promise<Record<string, number>> {
  return readSplit(training, split, progress, async (loader, onBatch) => {
    const evaluator = await training.createEvaluator();
    try {
      return mainScores(await evaluator.run(loader, onBatch));
    } finally {
      evaluator.dispose();
    }
  });
}

/** Scores of one split and the parts of its report. */
export function evaluateSplit(
  training: Pick<Training, "openSplit" | "createEvaluator" | "task" | "weights">,
  split: Split,
  progress: ProgressSink,
): Promise<FullEvaluation> {
  const { task, weights, createEvaluator } = training;
  const onWork = (label: string, done: number, total: number): void =>
    progress.update({ label, done, total });
  return readSplit(training, split, progress, async (loader, onBatch) => {
    const given = { loader, createEvaluator, weights, onBatch, onWork };
    const evaluation: unknown = await task.evaluateFully(given);
    checkEvaluation(evaluation);
    return evaluation;
  });
}

async function readSplit<Result>(
  training: Pick<Training, "openSplit">,
  split: Split,
  progress: ProgressSink,
  read: (loader: Loader, onBatch: () => void) => Promise<Result>,
): Promise<Result> {
  const loader = await training.openSplit(split);
  let done = 0;
  try {
    return await read(loader, () => {
      done += 1;
      progress.update({ label: `${split} batch`, done, total: loader.batchesPerEpoch });
    });
  } finally {
    await loader.dispose();
  }
}
