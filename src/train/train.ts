/** `train`: from a configuration to a finished run directory. */

import { basename, join } from "node:path";
import { toSnakeCase } from "../config/case.ts";
import { configToYaml } from "../config/load.ts";
import { createDecodedCache, type DecodedCache } from "../data/images/decoded-cache.ts";
import type { NdArray } from "../graph/array.ts";
import { fitRecord } from "../inspect/record/fit-record.ts";
import { encodeRecord, type StoredRecord } from "../inspect/record/record-codec.ts";
import type { CheckpointAgreement } from "../inspect/types/routing.ts";
import type { Summary } from "../inspect/types/run-record.ts";
import { mainScores } from "../learn/evaluator.ts";
import type { ProgressSink } from "../learn/progress.ts";
import type { TrainConfig } from "../recipe/config.ts";
import { hasTestSplit } from "../recipe/data-specs.ts";
import { readTokenizer } from "../recipe/tokenizer-file.ts";
import { renderReport } from "../report/report.ts";
import { best, type Checkpoint, listCheckpoints } from "../runs/checkpoint-store.ts";
import { describeInit, initializeFrom } from "../runs/init-from/init-from.ts";
import { readMetrics } from "../runs/metrics-file.ts";
import { modelInputs } from "../runs/model-inputs-file.ts";
import { openRunDirectory, type RunDirectory } from "../runs/run-directory.ts";
import { type Progress, restoreState } from "../runs/state-files.ts";
import { versions } from "../runs/versions.ts";
import { BUFFERS } from "../runtime/arena.ts";
import { associationEvents, routingEvents } from "../tasks/routing/routing-events.ts";
import { analyzeDomains } from "./domains/analysis.ts";
import { agreementWithLast } from "./last-agreement.ts";
import { type LoopResult, trainLoop } from "./loop.ts";
import { createProfiler, profilePrefix } from "./profiler.ts";
import { evaluateSplit, scoreSplit } from "./score-split.ts";
import { loadWeights, setUpTraining, type Training } from "./setup.ts";
import { epochOf, tokensOf } from "./step-log.ts";
import { openValidator } from "./validator.ts";

export interface TrainOptions {
  readonly runDirectory: string;
  readonly resume: boolean;
  /** Replaces a run that stands in the run directory. */
  readonly overwrite?: boolean;
  /** Profiles the first steps into the run directory. */
  readonly profile?: boolean;
  /** Pictures that were decoded before, which further training may use as well. */
  readonly decoded?: DecodedCache;
  readonly progress: ProgressSink;
  /** Aborted: the step at hand is finished, the state saved, and `train` returns. */
  readonly signal: AbortSignal;
}

const fresh: Progress = {
  step: 0,
  bestScore: null,
  bestStep: 0,
  withoutImprovement: 0,
  seconds: 0,
};

/**
 * Trains what `config` describes and writes metrics, checkpoints, summary and report to the run
 * directory. The checkpoint with the best validation score is the one that is tested; the test
 * split is used once, at the end.
 */
export async function train(config: TrainConfig, options: TrainOptions): Promise<Summary> {
  const { progress, runDirectory, resume, overwrite = false } = options;
  const profile = options.profile === true ? profilePrefix() : undefined;
  const tokenizer = resume ? await readTokenizer(runDirectory) : undefined;
  // Sets of several domains are opened in many parts, which share pictures.
  const several = config.train.samplesPerDomain !== undefined;
  const { decoded = several ? createDecodedCache() : undefined } = options;
  const training = await setUpTraining(config, { progress, tokenizer, profile, decoded });
  let run: RunDirectory | undefined;
  try {
    // Before the directory is made, so that a wrong path leaves nothing behind.
    if (!resume) await initializeTraining(training, progress);
    run = await openRunDirectory(runDirectory, { resume, overwrite });
    let start = fresh;
    if (run.resumedFrom !== undefined) {
      start = await restoreState(run.resumedFrom.path, training.step);
    } else if (resume) {
      await initializeTraining(training, progress);
    }
    await run.writeConfig(configToYaml(config)); // only now: it fits the checkpoint
    if (training.tokenizer !== undefined) await run.writeTokenizer(training.tokenizer);
    await run.writeModelInputs(modelInputs(training.loader.dataset));
    announce(training, progress);
    if (start !== fresh) progress.note(`resumed at step ${start.step}`);
    const result = await runLoop(training, run, start, options);
    if (result.outcome === "interrupted") {
      progress.note(`interrupted: step ${result.progress.step} is saved`);
      return summarize(training, result, {}, {});
    }
    return await finish(training, run, result, progress);
  } finally {
    await run?.close();
    await training.dispose();
  }
}

/** Begins with stored weights, moving averages included, where the configuration asks for it. */
async function initializeTraining(
  { config, step }: Training,
  progress: ProgressSink,
): Promise<void> {
  if (config.initFrom === undefined) return;
  const { arena, states } = step;
  const parameters = arena.names.map(
    (name) => [name, arena.view(BUFFERS.parameters, name)] as const,
  );
  const targets = new Map<string, NdArray>([...parameters, ...states]);
  const report = await initializeFrom(config.initFrom, targets);
  if (arena.buffers.includes(BUFFERS.ema)) {
    arena.flat(BUFFERS.ema).set(arena.flat(BUFFERS.parameters));
  }
  for (const line of describeInit(report)) progress.note(line);
}

function announce(
  { parameters, totalSteps, config, task, loader }: Training,
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
}

async function runLoop(
  training: Training,
  run: RunDirectory,
  start: Progress,
  { progress, signal, profile }: TrainOptions,
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

/** Tests the best checkpoint where there is a test split, then writes summary, report and record. */
async function finish(
  training: Training,
  run: RunDirectory,
  result: LoopResult,
  progress: ProgressSink,
): Promise<Summary> {
  const chosen = best(await listCheckpoints(run.path));
  const agreement = chosen && (await choose(training, chosen, result.progress.step));
  const validation = await scoreSplit(training, "validation", progress);
  const last = hasTestSplit(training.config.data) ? "test" : "validation";
  const { scores, record, inspected } = await evaluateSplit(training, last, progress);
  const { step: at, seconds } = result.progress;
  const test = last === "test" ? scores : {};
  const domains = await analyzeDomains(training, progress);
  const { routing = [] } = record;
  const routed = [...routingEvents(routing), ...associationEvents(routing)];
  const epoch = epochOf(training, at);
  for (const [name, value] of [...Object.entries(test), ...routed]) {
    run.metrics.log({ step: at, epoch, split: last, name, value, seconds });
  }
  const summary = summarize(training, result, validation, mainScores(test));
  await run.writeSummary(summary);
  run.metrics.sync();
  const metrics = await readMetrics(join(run.path, "metrics.jsonl"));
  const shown: StoredRecord = {
    name: basename(run.path),
    recipe: training.config.recipe,
    config: toSnakeCase(training.config),
    summary,
    classNames: training.task.classNames,
    ...record,
    ...(agreement && { agreement }),
    ...(domains && { domains }),
  };
  await run.writeReport(renderReport({ ...shown, metrics }));
  await run.writeRecord(encodeRecord(fitRecord({ ...shown, ...inspected })));
  return summary;
}

/** Brings the chosen checkpoint's weights, and tells how far it routes as the last one does. */
async function choose(
  training: Training,
  chosen: Checkpoint,
  lastStep: number,
): Promise<CheckpointAgreement | undefined> {
  const load = () => loadWeights(training, chosen.path);
  if (chosen.step !== lastStep) return agreementWithLast(training, chosen, lastStep, load);
  await load();
  return undefined;
}

function summarize(
  training: Training,
  { progress, trainSeconds, stepsDone }: LoopResult,
  validation: Record<string, number>,
  test: Record<string, number>,
): Summary {
  const { config } = training;
  const { total, active } = training.parameters;
  const tokens = stepsDone * tokensOf(training);
  return {
    recipe: config.recipe,
    seed: config.seed,
    steps: progress.step,
    train_seconds: progress.seconds,
    tokens_per_second: trainSeconds === 0 ? 0 : tokens / trainSeconds,
    parameters: { total, active },
    validation,
    test,
    versions: versions(),
  };
}
