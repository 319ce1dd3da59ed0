/** `train`: from a configuration to a finished run directory. */

import { configToYaml } from "../config/load.ts";
import { createDecodedCache, type DecodedCache } from "../data/images/decode/decoded-cache.ts";
import { elementCount } from "../graph/array.ts";
import type { Summary } from "../inspect/types/run-record.ts";
import { fillableWeights } from "../learn/lora/evaluation-weights.ts";
import { type ProgressSink, silent } from "../learn/progress.ts";
import type { TrainConfig } from "../recipe/config.ts";
import { readTokenizer } from "../recipe/tokenizer-file.ts";
import { formatTrained } from "../report/format.ts";
import { initializeFrom } from "../runs/init-from/init-from.ts";
import { describeInit } from "../runs/init-from/report.ts";
import { modelInputs } from "../runs/model-inputs-file.ts";
import { openRunDirectory, type RunDirectory } from "../runs/run-directory.ts";
import { type Progress, restoreState } from "../runs/state-files.ts";
import { BUFFERS } from "../runtime/arena.ts";
import { checkTrainOptions, type GivenTask } from "./check-given.ts";
import { finish, summarize } from "./finish.ts";
import { type LoopResult, trainLoop } from "./loop.ts";
import { createProfiler, profilePrefix } from "./profiler.ts";
import { setUpTraining, type Training } from "./setup.ts";
import { openValidator } from "./validator.ts";

export interface TrainOptions {
  readonly runDirectory: string;
  /** Continues the run in the run directory. Default false. */
  readonly resume?: boolean;
  /** Step of the checkpoint to resume from; later checkpoints are removed. Default: the newest. */
  readonly checkpoint?: number | undefined;
  /** The task of configurations whose model is `{ system: "custom" }`. */
  readonly task?: GivenTask;
  /** Replaces the run in the run directory. Default false. */
  readonly overwrite?: boolean;
  /** Profiles the first steps into the run directory. */
  readonly profile?: boolean;
  /** Cache of decoded pictures, shared between trainings. */
  readonly decoded?: DecodedCache;
  readonly progress?: ProgressSink;
  /** When aborted, the current step finishes, the state is saved, and `train` returns. */
  readonly signal?: AbortSignal;
}

const fresh: Progress = {
  step: 0,
  bestScore: null,
  bestStep: 0,
  withoutImprovement: 0,
  seconds: 0,
};

/**
 * Trains the model of `config` and writes metrics, checkpoints, summary and report to the run
 * directory. The checkpoint with the best validation score is tested; the test split is read once, at
 * the end.
 *
 * @throws UserError (exit code 2) if settings, data and run directory are inconsistent
 */
export async function train(config: TrainConfig, options: TrainOptions): Promise<Summary> {
  checkTrainOptions(options);
  const { runDirectory, resume = false, overwrite = false, checkpoint: from, task } = options;
  const { progress = silent, signal = new AbortController().signal } = options;
  const profile = options.profile === true ? profilePrefix() : undefined;
  const tokenizer = resume ? await readTokenizer(runDirectory) : undefined;
  // Data sets of several domains are opened once per domain and share decoded pictures.
  const several = config.train.samplesPerDomain !== undefined;
  const { decoded = several ? createDecodedCache() : undefined } = options;
  const training = await setUpTraining(config, { progress, tokenizer, profile, decoded, task });
  let run: RunDirectory | undefined;
  try {
    // Before the directory is created, so that a wrong path leaves no files behind.
    if (!resume) await initializeTraining(training, progress);
    run = await openRunDirectory(runDirectory, { resume, overwrite, from });
    let start = fresh;
    if (run.resumedFrom !== undefined) {
      start = await restoreState(run.resumedFrom.path, training.step);
      // A kill after the last save leaves more checkpoints than are kept; older ones are safe until here.
      await run.pruneCheckpoints(config.train.keepCheckpoints);
    } else if (resume) {
      await initializeTraining(training, progress);
    }
    await run.writeConfig(configToYaml(config)); // after the check against the checkpoint
    // A file that exists stays as it is: checkpoints have its digest.
    if (training.tokenizer !== undefined && tokenizer === undefined) {
      await run.writeTokenizer(training.tokenizer);
    }
    await run.writeModelInputs(modelInputs(training.loader.dataset));
    await run.writeDataReport(training.notes.items);
    announce(training, progress);
    if (start !== fresh) progress.note(`resumed at step ${start.step}`);
    const result = await runLoop(training, run, start, { progress, signal, ...options });
    if (result.outcome === "interrupted") {
      progress.note(`interrupted: step ${result.progress.step} is saved`);
      return summarize(training, result);
    }
    const summary = await finish(training, run, result, progress);
    await run.writeDataReport(training.notes.items); // with the test split
    return summary;
  } finally {
    try {
      await run?.close();
    } finally {
      await training.dispose();
    }
  }
}

/** Loads the stored weights that the configuration names, into moving averages as well. */
async function initializeTraining(
  { config, step }: Pick<Training, "config" | "step">,
  progress: ProgressSink,
): Promise<void> {
  if (config.initFrom === undefined) return;
  const { arena } = step;
  const target = { settings: config.model, tensors: fillableWeights(step) };
  const reports = await initializeFrom(config.initFrom, target, config.seed);
  if (arena.buffers.includes(BUFFERS.ema)) arena.resetAverages();
  for (const line of reports.flatMap(describeInit)) progress.note(line);
}

function announce(
  {
    parameters,
    totalSteps,
    config,
    task,
    loader,
    step,
  }: Pick<Training, "parameters" | "totalSteps" | "config" | "task" | "loader" | "step">,
  progress: ProgressSink,
): void {
  const millions = (count: number) => `${(count / 1e6).toFixed(2)}M`;
  const { total, active, byToken = { token: active } } = parameters;
  const perToken = Object.entries(byToken).map(
    ([kind, count]) => `${millions(count)} active per ${kind === "token" ? kind : `${kind} token`}`,
  );
  const sizes = [`${millions(total)} parameters`, ...perToken].join(", ");
  progress.note(
    `${config.recipe}: ${sizes}; ${totalSteps} steps of ${loader.batchSize} ${task.samples}`,
  );
  const { trained } = step.arena;
  const trains = trained.reduce(
    (sum, name) => sum + elementCount(step.parameters.get(name)!.shape),
    0,
  );
  if (trains < total) progress.note(`${formatTrained(trains, total)}; the others are frozen`);
}

async function runLoop(
  training: Training,
  run: RunDirectory,
  start: Progress,
  { progress, signal, profile }: Required<Pick<TrainOptions, "progress" | "signal">> & TrainOptions,
): Promise<LoopResult> {
  const profiler = profile ? createProfiler(training.step, run.path, progress) : undefined;
  const { validate, dispose } = await openValidator(training);
  try {
    const result = await trainLoop(training, {
      run,
      progress,
      signal,
      start,
      validate,
      ...(profiler && { afterStep: profiler.afterStep }),
    });
    await profiler?.finish();
    return result;
  } finally {
    await dispose();
  }
}
