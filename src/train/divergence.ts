/** The checkpoint to go back to after a training diverged. */
import { UserError } from "../graph/errors.ts";
import type { Update } from "../learn/run-update.ts";
import type { UpdateStep } from "../learn/train-step.ts";
import { listCheckpoints } from "../runs/checkpoints/checkpoint-store.ts";
import { isFiniteState, restoreState } from "../runs/state-files.ts";

/** The training losses by which the weights of checkpoints are judged. */
export interface LossWatch {
  see(update: Pick<Update<unknown>, "step" | "scalars">): void;
  /** Called after a checkpoint was saved. */
  saved(step: number): void;
  /**
   * Whether the loss of the weights after `step` updates is far above the first one seen, or not finite;
   * false if it was not seen.
   */
  hasDiverged(step: number): boolean;
}

/** @param from number of updates before the first one that it sees */
export function createLossWatch(from: number): LossWatch {
  const checkpoints = new Set([from]);
  const losses = new Map<number, number>();
  let first: number | undefined;
  return {
    see({ step, scalars: { loss = Number.NaN } }) {
      first ??= loss;
      if (checkpoints.has(step)) losses.set(step, loss);
    },
    saved: (step) => void checkpoints.add(step),
    hasDiverged(step) {
      const loss = losses.get(step);
      if (loss === undefined || first === undefined) return false;
      return !(loss <= first + Math.max(1, Math.abs(first)));
    },
  };
}

/**
 * What to do if the gradients after `done` updates are not finite. A checkpoint is named only if its
 * files are intact, its numbers finite and the loss of its weights had not diverged.
 *
 * @param step the diverged training; its memory is overwritten
 */
export async function adviseAfterDivergence(
  run: string,
  step: Pick<UpdateStep, "arena" | "states" | "optimizer">,
  { done, losses }: { readonly done: number; readonly losses: LossWatch },
): Promise<string> {
  const again = "lower optimizer.learning_rate or set train.clip_norm, and start again";
  const checkpoints = await listCheckpoints(run);
  for (const { step: at, path } of checkpoints.reverse()) {
    if (at >= done || losses.hasDiverged(at)) continue; // The gradients of its weights are known.
    if (!(await isGood(path, step))) continue;
    return `${again}, or continue from the checkpoint of step ${at}, which is from before: moesaic train --run ${run} --resume --checkpoint ${at} optimizer.learning_rate=<lower>`;
  }
  if (checkpoints.length === 0) return again;
  return `${again}; do not resume: no checkpoint is from before the divergence`;
}

async function isGood(path: string, step: Parameters<typeof restoreState>[1]): Promise<boolean> {
  try {
    await restoreState(path, step);
    return isFiniteState(step);
  } catch (error) {
    if (error instanceof UserError) return false;
    throw error;
  }
}
