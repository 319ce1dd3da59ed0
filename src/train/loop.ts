/** The training loop: steps, validation, checkpoints, logs. */

import type { Batch } from "../data/batches/batch.ts";
import { UserError } from "../graph/errors.ts";
import type { ParameterGroups } from "../learn/parameter-groups.ts";
import type { ProgressSink } from "../learn/progress.ts";
import { clipScale } from "../optim/clip.ts";
import { schedule } from "../optim/schedule.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import { type Progress, stateFiles } from "../runs/state-files.ts";
import { createWatch, type Watch } from "../tasks/diagnostics/watch.ts";
import { routingEvents } from "../tasks/routing/routing-events.ts";
import { readRouting } from "../tasks/routing/routing-record.ts";
import type { Training } from "./setup.ts";

export interface LoopOptions {
  readonly run: RunDirectory;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
  readonly start: Progress;
  /** Called after each update. */
  readonly afterStep?: () => Promise<void>;
  readonly validate: () => Promise<Validation>;
}

/** What is known of the present weights. */
export interface Validation {
  readonly scores: Readonly<Record<string, number>>;
  /** The score that chooses the checkpoint; by default that of the task. */
  readonly judgedBy?: string;
}

/** Scores the weights of a training as they are. */
export interface Validator {
  validate(): Promise<Validation>;
  dispose(): Promise<void>;
}

export interface LoopResult {
  readonly progress: Progress;
  /** Seconds of training proper, without validation and saving. */
  readonly trainSeconds: number;
  /** Steps done by this process. */
  readonly stepsDone: number;
  /** `finished`, `interrupted` by the signal, or `stopped` early. */
  readonly outcome: "finished" | "interrupted" | "stopped";
}

/** Trains from `start` on until the last step, an interruption, or early stopping. */
export async function trainLoop(training: Training, options: LoopOptions): Promise<LoopResult> {
  const { config, step, loader, totalSteps, stepsPerEpoch } = training;
  const { run, progress, signal, validate } = options;
  const { train } = config;
  const evalEvery = train.evalEvery ?? (train.evalEveryEpochs ?? 1) * stepsPerEpoch;
  const checkpointEvery = train.checkpointEvery ?? evalEvery;
  const tokensPerStep = tokensOf(training);
  const { name: scoreName, better } = training.task.score;
  const { diagnose } = training.task;
  const watch = diagnose && createWatch(diagnose, { joined: train.gradCache });

  let state = options.start;
  let trainSeconds = 0;
  let rate = 0; // steps per second, smoothed
  const began = performance.now() - state.seconds * 1000;
  loader.seek(state.step * train.accumulationSteps);

  const save = async (score: number | null) => {
    const files = stateFiles(step, training.optimizer.moments, state);
    await run.saveCheckpoint(state.step, files, { score, keep: train.keepCheckpoints });
  };

  const log = (split: string, name: string, value: number) =>
    run.metrics.log({
      step: state.step,
      epoch: epochOf(training, state.step),
      split,
      name,
      value,
      seconds: state.seconds,
    });

  while (state.step < totalSteps && !stopsEarly(training, state)) {
    const before = performance.now();
    const { scalars, learningRate, gradNorm, batch } = await runStep(training, state.step, watch);
    const now = performance.now();
    trainSeconds += (now - before) / 1000;
    state = { ...state, step: state.step + 1, seconds: (now - began) / 1000 };
    const speed = 1000 / (now - before);
    rate = rate === 0 ? speed : 0.95 * rate + 0.05 * speed;

    await options.afterStep?.();

    if (state.step % train.logEvery === 0) {
      for (const [name, value] of Object.entries(scalars)) log("train", name, value);
      log("train", "learning_rate", learningRate);
      log("train", "grad_norm", gradNorm);
    }
    if (state.step % train.logExpertsEvery === 0) logExperts(training, batch, log);
    for (const { kind, message } of watch?.endStep(state.step, scalars) ?? []) {
      progress.note(`warning at step ${state.step}: ${message}`);
      log("train", `warning/${kind}`, 1);
    }
    progress.update({
      label: "step",
      done: state.step,
      total: totalSteps,
      metrics: { loss: scalars.loss!, [scoreName]: scalars[scoreName]! },
      tokensPerSecond: rate * tokensPerStep,
      secondsLeft: (totalSteps - state.step) / rate,
    });

    let score: number | null = null;
    let improved = false;
    if (state.step % evalEvery === 0 || state.step === totalSteps) {
      const { scores, judgedBy = scoreName } = await validate();
      for (const [name, value] of Object.entries(scores)) log("validation", name, value);
      const judged = scores[judgedBy]!;
      if (state.step >= Math.min(train.chooseFromStep ?? 0, totalSteps)) {
        score = better === "higher" ? judged : -judged; // Checkpoints are ranked by their score.
        improved = state.bestScore === null || score > state.bestScore;
        state = improved
          ? { ...state, bestScore: score, bestStep: state.step, withoutImprovement: 0 }
          : { ...state, withoutImprovement: state.withoutImprovement + 1 };
      }
      progress.note(
        `step ${state.step}: validation ${describeScores(scores, judgedBy)}${improved ? " (best so far)" : ""}`,
      );
    }
    const outcome = signal.aborted
      ? "interrupted"
      : stopsEarly(training, state)
        ? "stopped"
        : undefined;
    const last = outcome !== undefined || state.step === totalSteps;
    if (improved || last || state.step % checkpointEvery === 0) await save(score);
    if (outcome !== undefined) {
      return { progress: state, trainSeconds, stepsDone: state.step - options.start.step, outcome };
    }
  }
  const stepsDone = state.step - options.start.step;
  return { progress: state, trainSeconds, stepsDone, outcome: "finished" };
}

/** Tokens of one update. */
export function tokensOf({ config: { train }, loader, task }: Training): number {
  return loader.batchSize * train.accumulationSteps * task.tokensPerSample;
}

function describeScores(scores: Readonly<Record<string, number>>, name: string): string {
  const names = [...new Set([name, "loss"])];
  return names.map((each) => `${each.replaceAll("_", " ")} ${scores[each]!.toFixed(4)}`).join(", ");
}

/** The pass over the training split, counted from 0, that the last batch of a step belongs to. */
export function epochOf({ config, loader }: Training, step: number): number {
  const batches = step * config.train.accumulationSteps;
  return Math.max(0, Math.floor((batches - 1) / loader.batchesPerEpoch));
}

function stopsEarly({ config }: Training, { withoutImprovement }: Progress): boolean {
  const patience = config.train.earlyStopping;
  return patience !== undefined && withoutImprovement >= patience;
}

/** One update, `index` counted from 0: its batches, gradients, clipping, optimizer. */
async function runStep(training: Training, index: number, watch: Watch | undefined) {
  const { config, step, loader, totalSteps, groups } = training;
  const { accumulationSteps, clipNorm, emaDecay } = config.train;
  let batch: Batch | undefined;
  const scalars = await step.accumulate(index, async () => {
    batch = (await loader.next())!;
    watch?.seeBatch(batch);
    return batch.arrays;
  });
  const active = groups.settings({ step: index + 1, learningRate: 0 });
  const squares = await step.optimizer.gradientSquares((group) => active(group) !== undefined);
  const { norm: gradNorm, scale } = clipScale(
    squares.map((sum) => sum / accumulationSteps ** 2),
    clipNorm ?? Number.POSITIVE_INFINITY,
  );
  if (!Number.isFinite(gradNorm)) throw new UserError(divergence(index, scalars));
  const learningRate = config.optimizer.learningRate * schedule(index, totalSteps, config.schedule);
  const settings = groups.settings({
    step: index + 1,
    learningRate,
    weightDecay: config.optimizer.weightDecay,
    gradientScale: scale / accumulationSteps,
  });
  await step.optimizer.step(sinceReset(training, index, settings));
  if (emaDecay !== undefined) await step.optimizer.average(emaDecay);
  return { scalars, learningRate, gradNorm, batch: batch! };
}

/** Clears the moments at the update where they begin anew, from which on steps are counted again. */
function sinceReset(
  { step, optimizer, task: { optimizerReset: reset } }: Training,
  index: number,
  settings: ReturnType<ParameterGroups["settings"]>,
): ReturnType<ParameterGroups["settings"]> {
  if (reset === undefined || index < reset) return settings;
  if (index === reset) for (const name of optimizer.moments) step.arena.flat(name).fill(0);
  return (group) => {
    const own = settings(group);
    return own && { ...own, step: Math.min(own.step, index + 1 - reset) };
  };
}

function divergence(index: number, scalars: Readonly<Record<string, number>>): string {
  return `the gradients are no longer finite at step ${index + 1} (loss ${scalars.loss}); lower optimizer.learning_rate, or set train.clip_norm, and start again or resume from the last checkpoint`;
}

/** The routing of the last batch, from the probabilities and choices that the step left. */
function logExperts(
  { step, task }: Training,
  batch: Batch,
  log: (split: string, name: string, value: number) => void,
): void {
  const routing = readRouting(step.taps, task.classNames);
  routing.add(step.values, batch);
  for (const [name, value] of routingEvents(routing.layers())) log("train", name, value);
}
