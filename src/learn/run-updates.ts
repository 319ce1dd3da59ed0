/** The training loop: updates, each followed by hooks. */
import { runUpdate, type Update, type UpdateOptions } from "./run-update.ts";
import type { NamedArrays } from "./step-session.ts";
import type { UpdateStep } from "./train-step.ts";

/** A function that is called after each update. */
export type UpdateHook<B> = (update: Update<B>) => unknown;

/** The end of a training: after its last step, by a signal, or early. */
export type Outcome = "finished" | "interrupted" | "stopped";

export interface RunUpdatesOptions<B> extends UpdateOptions {
  /** Number of completed updates at the start. Default 0. */
  readonly from?: number;
  /** Called in order after each update. */
  readonly hooks?: readonly UpdateHook<B>[];
  /** Whether training ends after an update, and why; called after the hooks. */
  readonly ends?: (update: Update<B>) => Outcome | undefined | Promise<Outcome | undefined>;
}

/**
 * Runs the updates from `from` to `totalSteps`.
 *
 * @param next returns the next batch
 * @throws UserError if the gradients are not finite
 *
 * No example: `fit` runs updates; `createTrainStep` shows the step.
 */
export async function runUpdates<B extends { readonly arrays: NamedArrays }>(
  step: UpdateStep,
  next: () => Promise<B>,
  { from = 0, hooks = [], ends, ...options }: RunUpdatesOptions<B>,
): Promise<Outcome> {
  for (let index = from; index < options.totalSteps; index++) {
    const update = await runUpdate(step, index, next, options);
    for (const hook of hooks) await hook(update);
    const outcome = await ends?.(update);
    if (outcome !== undefined) return outcome;
  }
  return "finished";
}

/**
 * A hook that runs after every `count` updates.
 *
 * @param last an additional update, counted from 1, after which the hook runs
 * @throws RangeError if `count` is not a whole number above 0
 * @example
 * const seen = [];
 * const hook = everySteps(2, ({ step }) => seen.push(step));
 * for (const step of [0, 1, 2, 3, 4]) hook({ step });
 * seen; // [1, 3]
 */
export function everySteps<B>(
  count: number,
  hook: UpdateHook<B>,
  { last }: { readonly last?: number } = {},
): UpdateHook<B> {
  if (!(Number.isInteger(count) && count > 0)) {
    throw new RangeError(`everySteps: count must be a whole number above 0, got ${count}`);
  }
  return (update) => {
    const done = update.step + 1;
    return done % count === 0 || done === last ? hook(update) : undefined;
  };
}
