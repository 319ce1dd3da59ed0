import type { Split } from "../data/dataset.ts";
import { mainScores } from "./evaluator.ts";
import type { Training } from "./setup.ts";
import type { ProgressSink } from "./types.ts";

/** Mean scores of one split under the weights of `training`. */
export async function scoreSplit(
  training: Training,
  split: Split,
  progress: ProgressSink,
): Promise<Record<string, number>> {
  const loader = await training.openSplit(split);
  try {
    const evaluator = await training.createEvaluator();
    try {
      let done = 0;
      const scores = await evaluator.run(loader, () => {
        done += 1;
        progress.update({ label: `${split} batch`, done, total: loader.batchesPerEpoch });
      });
      return mainScores(scores);
    } finally {
      evaluator.dispose();
    }
  } finally {
    await loader.dispose();
  }
}
