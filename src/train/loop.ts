/** The loop of a run: updates with logs, validation, checkpoints, early stopping. */
import type { Batch } from "../data/batches/batch.ts";
import type { ProgressSink } from "../learn/progress.ts";
import type { Update } from "../learn/run-update.ts";
import { everySteps, type Outcome, runUpdates } from "../learn/run-updates.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import { type Progress, stateFiles } from "../runs/state-files.ts";
import { createWatch } from "../tasks/diagnostics/watch.ts";
import { adviseAfterDivergence, createLossWatch } from "./divergence.ts";
import { type Judgement, judge } from "./judge.ts";
import type { Training } from "./setup.ts";
import { createLog, createMeter, logExperts, logScalars, warn } from "./step-log.ts";

/** The parts of a training that its loop needs. */
export type LoopTraining = Pick<
  Training,
  "config" | "task" | "loader" | "step" | "updates" | "totalSteps" | "stepsPerEpoch"
>;

export interface LoopOptions {
  readonly run: RunDirectory;
  readonly progress: ProgressSink;
  readonly signal: AbortSignal;
  readonly start: Progress;
  /** Called after each update. */
  readonly afterStep?: () => Promise<void>;
  readonly validate: () => Promise<Validation>;
}

/** Scores of the current weights. */
export interface Validation {
  readonly scores: Readonly<Record<string, number>>;
  /** Name of the score that chooses the checkpoint. Default: the score of the task. */
  readonly judgedBy?: string;
}

/** Scores the current weights of a training. */
export interface Validator {
  validate(): Promise<Validation>;
  dispose(): Promise<void>;
}

export interface LoopResult {
  readonly progress: Progress;
  /** Seconds of training, excluding validation and saving. */
  readonly trainSeconds: number;
  /** Steps done by this process. */
  readonly stepsDone: number;
  /** `finished`, `interrupted` by the signal, or `stopped` early. */
  readonly outcome: Outcome;
}

/** Trains from `start` until the last step, an interruption, or early stopping. */
export async function trainLoop(
  training: LoopTraining,
  { run, progress, signal, start, afterStep, validate }: LoopOptions,
): Promise<LoopResult> {
  const { config, task, step, loader, totalSteps, stepsPerEpoch } = training;
  const { train } = config;
  const passes = (train.evalEveryEpochs ?? 1) * stepsPerEpoch;
  const evalEvery = train.evalEvery ?? Math.max(1, Math.round(passes));
  const checkpointEvery = train.checkpointEvery ?? evalEvery;
  const watch =
    task.diagnose && createWatch(task.diagnose, { joined: train.gradCache, from: start.watch });
  const began = performance.now() - start.seconds * 1000;

  let state: Progress = { ...start, totalSteps };
  let trainSeconds = 0;
  /** Of the validation after the last update, if there was one. */
  let judged: Omit<Judgement, "progress"> | undefined;
  const log = createLog(training, run, () => state);
  const losses = createLossWatch(start.step);

  const advance = (update: Update<Batch>): void => {
    trainSeconds += update.seconds;
    state = { ...state, step: update.step + 1, seconds: (performance.now() - began) / 1000 };
    judged = undefined;
  };
  const validateNow = async (): Promise<void> => {
    const { scores, judgedBy = task.score.name } = await validate();
    for (const [name, value] of Object.entries(scores)) log("validation", name, value);
    const chooses = state.step >= Math.min(train.chooseFromStep ?? 0, totalSteps);
    const judgement = judge(state, scores[judgedBy]!, { better: task.score.better, chooses });
    state = judgement.improved
      ? { ...judgement.progress, best: { name: judgedBy, value: scores[judgedBy]! } }
      : judgement.progress;
    judged = judgement;
    const best = judgement.improved ? " (best so far)" : "";
    progress.note(`step ${state.step}: validation ${describeScores(scores, judgedBy)}${best}`);
    if (Number.isFinite(scores[judgedBy])) return;
    log("validation", "warning/not_finite", 1);
    progress.note(
      `warning at step ${state.step}: the validation score ${judgedBy} is ${scores[judgedBy]}, so this step cannot be the best; lower optimizer.learning_rate or set train.clip_norm`,
    );
  };
  /** Decides whether this update is the last one, which is always saved. */
  const saveAndEnd = async (): Promise<Outcome | undefined> => {
    const stopped = stopsEarly(train, state) ? "stopped" : undefined;
    const outcome = signal.aborted ? "interrupted" : stopped;
    const last = outcome !== undefined || state.step === totalSteps;
    if (judged?.improved || last || state.step % checkpointEvery === 0) {
      const score = judged?.rank ?? null;
      const keep = train.keepCheckpoints;
      const saved = { ...state, watch: watch?.state() };
      await run.saveCheckpoint(state.step, stateFiles(step, saved), { score, keep });
      losses.saved(state.step);
    }
    return outcome;
  };
  const next = async (): Promise<Batch> => {
    const batch = (await loader.next())!;
    watch?.seeBatch(batch);
    return batch;
  };

  loader.seek(state.step * train.accumulationSteps);
  let outcome: Outcome = "finished";
  if (!stopsEarly(train, state)) {
    outcome = await runUpdates(step, next, {
      ...training.updates,
      from: state.step,
      advice: (done) => adviseAfterDivergence(run.path, step, { done, losses }),
      hooks: [
        () => run.requirePresent(),
        losses.see,
        advance,
        () => afterStep?.(),
        everySteps(train.logEvery, (update) => logScalars(log, update)),
        everySteps(train.logExpertsEvery, ({ batch }) => logExperts(log, training, batch)),
        (update) => watch && warn(log, watch, progress, update),
        createMeter(training, progress),
        everySteps(evalEvery, validateNow, { last: totalSteps }),
      ],
      ends: saveAndEnd,
    });
  }
  return { progress: state, trainSeconds, stepsDone: state.step - start.step, outcome };
}

function describeScores(scores: Readonly<Record<string, number>>, name: string): string {
  const names = [...new Set([name, "loss"])];
  return names.map((each) => `${each.replaceAll("_", " ")} ${scores[each]!.toFixed(4)}`).join(", ");
}

function stopsEarly(
  { earlyStopping: patience }: Training["config"]["train"],
  { withoutImprovement }: Progress,
): boolean {
  return patience !== undefined && withoutImprovement >= patience;
}
