/** Weights of auxiliary losses that follow a schedule, as inputs of the training graph. */
import { allocate, type NdArray } from "../graph/array.ts";
import { usageError } from "../graph/errors.ts";
import type { ScheduledWeight } from "../nn/scope.ts";
import { schedule } from "../optim/schedule.ts";

/** Prefix of the inputs that hold scheduled weights. */
export const WEIGHT_PREFIX = "weight:";

export interface LossWeights {
  /** Scalars by the name of their input. */
  readonly inputs: Readonly<Record<string, NdArray<"float32">>>;
  /** Sets the weights of a step, counted from 0; they depend on the step alone. */
  set(step: number): void;
}

/**
 * @param weights by the name of their input
 * @param totalSteps length of the training, which decaying weights need
 * @throws UserError (exit code 2) if a schedule does not fit the number of steps
 */
export function createLossWeights(
  weights: ReadonlyMap<string, ScheduledWeight>,
  totalSteps?: number,
): LossWeights {
  for (const [name, { kind, warmupSteps = 0 }] of weights) {
    const loss = name.slice(WEIGHT_PREFIX.length);
    if (totalSteps === undefined && kind !== "constant") {
      throw usageError(
        `the weight of the loss ${loss} has the schedule ${kind}, which needs the number of steps of the training`,
      );
    }
    if (totalSteps !== undefined && warmupSteps > totalSteps) {
      throw usageError(
        `the weight of the loss ${loss} warms up for ${warmupSteps} steps, but the run has ${totalSteps}; lower warmup_steps or train longer`,
      );
    }
  }
  const inputs = Object.fromEntries(
    [...weights.keys()].map((name) => [name, allocate("float32", [])]),
  );
  const total = totalSteps ?? Number.POSITIVE_INFINITY;
  return {
    inputs,
    set(step) {
      for (const [name, { peak, ...options }] of weights) {
        inputs[name]!.data[0] = peak * schedule(step, total, options);
      }
    },
  };
}
