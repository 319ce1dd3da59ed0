/** One update of a model: batches, gradients, clipping, optimizer, moving average. */
import { UserError } from "../graph/errors.ts";
import { clipScale } from "../optim/clip.ts";
import { type ScheduleOptions, schedule } from "../optim/schedule.ts";
import type { ParameterGroups } from "./parameter-groups.ts";
import type { NamedArrays } from "./step-session.ts";
import type { UpdateStep } from "./train-step.ts";

/** How the gradients of an update change the parameters. */
export interface UpdateOptions {
  readonly groups: ParameterGroups;
  /** Peak of the schedule. */
  readonly learningRate: number;
  /** Updates of the whole training, for the schedule. */
  readonly totalSteps: number;
  /** Default: cosine without warm-up. */
  readonly schedule?: ScheduleOptions;
  readonly weightDecay?: number;
  /** Maximum norm of gradients. Default: no clipping. */
  readonly clipNorm?: number | undefined;
  /** Decay of the moving average of the weights. Default: no average. */
  readonly emaDecay?: number | undefined;
  /** Batches of one update. Default 1. */
  readonly accumulationSteps?: number;
  /** The step at which the optimizer's moments are set to zero. Default none. */
  readonly resetMomentsAt?: number | undefined;
  /** The advice in the error about gradients that are not finite, after `step` completed updates. */
  readonly advice?: (step: number) => string | Promise<string>;
}

/** The result of one update. */
export interface Update<B> {
  /** Number of updates before this one. */
  readonly step: number;
  /** Loss, auxiliary losses and metrics, as means over the batches of the update. */
  readonly scalars: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** Norm of the gradients before clipping. */
  readonly gradNorm: number;
  /** The last batch of the update. */
  readonly batch: B;
  /** Seconds that the update took. */
  readonly seconds: number;
}

/**
 * Runs update `index` (counted from 0) of a model in training.
 *
 * @param next returns the next batch
 * @throws UserError if the gradients are not finite
 *
 * No example: `fit` runs updates; `createTrainStep` shows the step.
 */
export async function runUpdate<B extends { readonly arrays: NamedArrays }>(
  step: UpdateStep,
  index: number,
  next: () => Promise<B>,
  options: UpdateOptions,
): Promise<Update<B>> {
  const { groups, totalSteps, weightDecay = 0, clipNorm, emaDecay } = options;
  const { accumulationSteps = 1, resetMomentsAt } = options;
  const began = performance.now();
  const { scalars, batch } = await step.accumulate(index, next);
  const active = groups.settings({ step: index, learningRate: 0 });
  const squares = await step.optimizer.gradientSquares((group) => active(group) !== undefined);
  const { norm: gradNorm, scale } = clipScale(
    squares.map((sum) => sum / accumulationSteps ** 2),
    clipNorm ?? Number.POSITIVE_INFINITY,
  );
  if (!Number.isFinite(gradNorm)) throw await notFinite(index, scalars, options);
  const learningRate = options.learningRate * schedule(index, totalSteps, options.schedule);
  const gradientScale = scale / accumulationSteps;
  await step.optimizer.step(
    groups.settings({ step: index, learningRate, weightDecay, gradientScale, resetMomentsAt }),
  );
  if (emaDecay !== undefined) await step.optimizer.average(emaDecay);
  const seconds = (performance.now() - began) / 1000;
  return { step: index, scalars, learningRate, gradNorm, batch, seconds };
}

async function notFinite(
  index: number,
  { loss }: Readonly<Record<string, number>>,
  { advice = () => "lower learningRate or set clipNorm, and start again" }: UpdateOptions,
): Promise<UserError> {
  return new UserError(
    `the gradients are no longer finite at step ${index + 1} (loss ${loss}); ${await advice(index)}`,
  );
}
