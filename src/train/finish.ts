/** The end of a run: scores of the best checkpoint, summary, report and record. */
import { basename, join } from "node:path";
import { toSnakeCase } from "../config/case.ts";
import { fitRecord } from "../inspect/record/fit-record.ts";
import { encodeRecord, type StoredRecord } from "../inspect/record/record-codec.ts";
import type { DomainAnalysis } from "../inspect/types/domain.ts";
import type { CheckpointAgreement } from "../inspect/types/routing.ts";
import type { Summary } from "../inspect/types/run-record.ts";
import { mainScores } from "../learn/evaluator.ts";
import type { ProgressSink } from "../learn/progress.ts";
import { hasTestSplit } from "../recipe/data-specs.ts";
import { renderReport } from "../report/report.ts";
import type { Checkpoint } from "../runs/checkpoints/checkpoint-store.ts";
import { chooseCheckpoint } from "../runs/checkpoints/choose-checkpoint.ts";
import { readShownMetrics } from "../runs/metrics/metrics-file.ts";
import type { RunDirectory } from "../runs/run-directory.ts";
import { versions } from "../runs/versions.ts";
import { associationEvents, routingEvents } from "../tasks/routing/routing-events.ts";
import type { FullEvaluation } from "../tasks/task.ts";
import { analyzeDomains } from "./domains/analysis.ts";
import { agreementWithLast } from "./last-agreement.ts";
import type { LoopResult } from "./loop.ts";
import { evaluateSplit, scoreSplit } from "./score-split.ts";
import type { Training } from "./setup.ts";
import { createLog, tokensOf } from "./step-log.ts";

/** Scores the best checkpoint, then writes summary, report and record. */
export async function finish(
  training: Training,
  run: RunDirectory,
  result: LoopResult,
  progress: ProgressSink,
): Promise<Summary> {
  const scored = await score(training, run, result, progress);
  logScores(training, run, result, scored);
  const summary = summarize(training, result, scored.validation, mainScores(scored.test));
  await run.writeSummary(summary);
  await write(run, record(training, run, summary, scored));
  return summary;
}

/** The best checkpoint and its scores. */
interface Scored {
  readonly validation: Record<string, number>;
  /** Scores of the test split; empty if there is none. */
  readonly test: Readonly<Record<string, number>>;
  /** Full evaluation of `split`, the test split if there is one. */
  readonly evaluation: FullEvaluation;
  readonly split: "test" | "validation";
  readonly agreement?: CheckpointAgreement | undefined;
  readonly domains?: DomainAnalysis | undefined;
}

async function score(
  training: Training,
  run: RunDirectory,
  result: LoopResult,
  progress: ProgressSink,
): Promise<Scored> {
  const chosen = await chooseCheckpoint(run.path, "best");
  const agreement = chosen && (await choose(training, chosen, result.progress.step));
  const validation = await scoreSplit(training, "validation", progress);
  const split = hasTestSplit(training.config.data) ? "test" : "validation";
  const evaluation = await evaluateSplit(training, split, progress);
  const test = split === "test" ? evaluation.scores : {};
  const domains = await analyzeDomains(training, progress);
  return { validation, test, evaluation, split, agreement, domains };
}

/** Logs test scores and the routing of the evaluated split. */
function logScores(
  training: Pick<Training, "config" | "loader">,
  run: RunDirectory,
  { progress }: LoopResult,
  { test, split, evaluation: { record } }: Scored,
): void {
  const { routing = [] } = record;
  const routed = [...routingEvents(routing), ...associationEvents(routing)];
  const log = createLog(training, run, () => progress);
  for (const [name, value] of [...Object.entries(test), ...routed]) log(split, name, value);
}

/** Adds to a record the parts that only the inspector shows. */
interface Recorded {
  readonly shown: StoredRecord;
  readonly inspected: FullEvaluation["inspected"];
}

function record(
  { config, task }: Pick<Training, "config" | "task">,
  run: RunDirectory,
  summary: Summary,
  { evaluation, agreement, domains }: Scored,
): Recorded {
  const shown: StoredRecord = {
    name: basename(run.path),
    recipe: config.recipe,
    config: toSnakeCase(config),
    summary,
    classNames: task.classNames,
    ...evaluation.record,
    ...(agreement && { agreement }),
    ...(domains && { domains }),
  };
  return { shown, inspected: evaluation.inspected };
}

async function write(run: RunDirectory, { shown, inspected }: Recorded): Promise<void> {
  run.metrics.sync();
  const metrics = await readShownMetrics(join(run.path, "metrics.jsonl"));
  await run.writeReport(renderReport({ ...shown, metrics }));
  await run.writeRecord(encodeRecord(fitRecord({ ...shown, ...inspected })));
}

/** Loads the chosen checkpoint; compares its routing with that of the last step. */
async function choose(
  training: Pick<Training, "loadWeights" | "openSplit" | "createEvaluator">,
  chosen: Checkpoint,
  lastStep: number,
): Promise<CheckpointAgreement | undefined> {
  const load = () => training.loadWeights(chosen.path);
  if (chosen.step !== lastStep) return agreementWithLast(training, chosen, lastStep, load);
  await load();
  return undefined;
}

/** The summary of a run; an interrupted run has no scores. */
export function summarize(
  training: Pick<Training, "config" | "loader" | "task" | "parameters">,
  { progress, trainSeconds, stepsDone }: LoopResult,
  validation: Record<string, number> = {},
  test: Record<string, number> = {},
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
