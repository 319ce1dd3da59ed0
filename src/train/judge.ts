/** The effect of a validation on the progress of a run. */
import type { Progress } from "../runs/state-files.ts";

/** How validation scores are compared. */
export interface Judging {
  readonly better: "higher" | "lower";
  /** Whether a checkpoint may be chosen by this validation. */
  readonly chooses: boolean;
}

export interface Judgement {
  readonly progress: Progress;
  /** Rank of the checkpoint, higher is better; null if it may not be chosen. */
  readonly rank: number | null;
  /** Whether it is the best so far. */
  readonly improved: boolean;
}

/**
 * Compares a validation score with the best one of a run. A score that is not finite is no improvement.
 *
 * @example
 * judge({ step: 20, bestScore: -0.5, bestStep: 10, withoutImprovement: 0, seconds: 1 }, 0.4,
 *   { better: "lower", chooses: true });
 * // { progress: { bestScore: -0.4, bestStep: 20, withoutImprovement: 0, ... }, rank: -0.4, improved: true }
 */
export function judge(progress: Progress, score: number, { better, chooses }: Judging): Judgement {
  if (!chooses) return { progress, rank: null, improved: false };
  if (!Number.isFinite(score)) {
    const withoutImprovement = progress.withoutImprovement + 1;
    return { progress: { ...progress, withoutImprovement }, rank: null, improved: false };
  }
  const rank = better === "higher" ? score : -score;
  const improved = progress.bestScore === null || rank > progress.bestScore;
  const judged = improved
    ? { bestScore: rank, bestStep: progress.step, withoutImprovement: 0 }
    : { withoutImprovement: progress.withoutImprovement + 1 };
  return { progress: { ...progress, ...judged }, rank, improved };
}
