/** The log and the display of each update. */
import type { Batch } from "../data/batches/batch.ts";
import type { ProgressSink } from "../learn/progress.ts";
import type { Update } from "../learn/run-update.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import type { Progress } from "../runs/state-files.ts";
import type { Watch } from "../tasks/diagnostics/watch.ts";
import { routingEvents } from "../tasks/routing/routing-events.ts";
import { routingRecorder } from "../tasks/routing/routing-record.ts";
import type { Training } from "./setup.ts";

/** Logs a metric of a split. */
export type Log = (split: string, name: string, value: number) => void;

/** A log of metrics at the current step of a run. */
export function createLog(
  training: Pick<Training, "config" | "loader">,
  { metrics }: Pick<RunDirectory, "metrics">,
  progress: () => Pick<Progress, "step" | "seconds">,
): Log {
  return (split, name, value) => {
    const { step, seconds } = progress();
    metrics.log({ step, epoch: epochOf(training, step), split, name, value, seconds });
  };
}

/** Scalars, learning rate and norm of the gradients of an update. */
export function logScalars(log: Log, { scalars, learningRate, gradNorm }: Update<unknown>): void {
  for (const [name, value] of Object.entries(scalars)) log("train", name, value);
  log("train", "learning_rate", learningRate);
  log("train", "grad_norm", gradNorm);
}

/** The routing of the last batch, from the taps of the training graph. */
export function logExperts(
  log: Log,
  { step, task }: Pick<Training, "step" | "task">,
  batch: Batch,
) {
  const routing = routingRecorder(step.taps, task.classNames);
  routing.add(step.values, batch);
  for (const [name, value] of routingEvents(routing.layers())) log("train", name, value);
}

/** New warnings about the last updates, logged and shown. */
export function warn(
  log: Log,
  watch: Watch,
  progress: ProgressSink,
  { step, scalars }: Update<unknown>,
): void {
  for (const { kind, message } of watch.endStep(step + 1, scalars)) {
    progress.note(`warning at step ${step + 1}: ${message}`);
    log("train", `warning/${kind}`, 1);
  }
}

/** Shows loss, score, speed and remaining time after each update. */
export function createMeter(
  training: Pick<Training, "config" | "loader" | "task" | "totalSteps">,
  progress: ProgressSink,
): (update: Update<unknown>) => void {
  const { task, totalSteps } = training;
  const tokensPerStep = tokensOf(training);
  let rate = 0; // steps per second, smoothed
  return ({ step, scalars, seconds }) => {
    rate = rate === 0 ? 1 / seconds : 0.95 * rate + 0.05 / seconds;
    progress.update({
      label: "step",
      done: step + 1,
      total: totalSteps,
      metrics: { loss: scalars.loss!, [task.score.name]: scalars[task.score.name]! },
      tokensPerSecond: rate * tokensPerStep,
      secondsLeft: (totalSteps - step - 1) / rate,
    });
  };
}

/** Tokens of one update. */
export function tokensOf({
  config: { train },
  loader,
  task,
}: Pick<Training, "config" | "loader" | "task">): number {
  return loader.batchSize * train.accumulationSteps * task.tokensPerSample;
}

/** The pass over the training split, counted from 0, that the last batch of a step belongs to. */
export function epochOf(
  { config, loader }: Pick<Training, "config" | "loader">,
  step: number,
): number {
  const batches = step * config.train.accumulationSteps;
  return Math.max(0, Math.floor((batches - 1) / loader.batchesPerEpoch));
}
