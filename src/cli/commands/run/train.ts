import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { usageError } from "../../../graph/errors.ts";
import type { Summary } from "../../../inspect/types/run-record.ts";
import type { ProgressSink } from "../../../learn/progress.ts";
import { isUnfinishedStart, unfinishedStart } from "../../../runs/run-entries.ts";
import { type Context, printJson } from "../../context.ts";
import { listenForInterrupt } from "../../interrupt.ts";
import type { CommonOptions } from "../../options.ts";
import { createProgress, formatDuration, formatMetric, formatRate } from "../../progress.ts";
import { printTable, sparkline } from "../../table.ts";

export interface TrainOptions extends CommonOptions {
  readonly run: string | undefined;
  readonly resume: boolean;
  readonly checkpoint: number | undefined;
  readonly overwrite: boolean;
  readonly profile: boolean;
}

/**
 * `moesaic train`: trains a recipe or file into a run directory.
 *
 * @returns the exit code: 0, or 130 when interrupted after saving
 */
export async function trainCommand(
  context: Context,
  recipe: string | undefined,
  others: readonly string[],
  options: TrainOptions,
): Promise<number> {
  const positionals = recipe === undefined ? [] : [recipe, ...others];
  const { source, overrides } = chooseSource(positionals, options);
  const { loadTrainConfig } = await import("../../../recipe/load-train-config.ts");
  const config = await loadTrainConfig(source, { overrides, plugins: options.plugin ?? [] });
  const runDirectory = options.run ?? join("runs", config.recipe);
  const { train } = await import("../../../train/train.ts");

  const progress = createProgress(context.err);
  const losses: number[] = [];
  const sink: ProgressSink = {
    note: progress.note,
    update(update) {
      if (update.label === "step" && update.metrics?.loss !== undefined) {
        losses.push(update.metrics.loss);
      }
      progress.update(update);
    },
  };
  const interruption = listenForInterrupt(progress.note);
  try {
    const { resume, checkpoint, overwrite, profile } = options;
    const { signal } = interruption;
    const summary = await train(config, {
      runDirectory,
      resume,
      checkpoint,
      overwrite,
      profile,
      progress: sink,
      signal,
    });
    progress.close();
    if (options.json) printJson(context, summary);
    else printSummary(context, summary, losses);
    const finished = Object.keys(summary.validation).length > 0; // an interrupted run has no scores yet
    const interrupted = finished ? undefined : interruption.exitCode();
    context.err.line(
      interrupted === undefined
        ? `report: ${join(runDirectory, "report.html")}`
        : `to continue: moesaic train --run ${runDirectory} --resume`,
    );
    return interrupted ?? 0;
  } finally {
    progress.close();
    interruption.dispose();
  }
}

/** The recipe and its settings; a resumed run has its own configuration. */
function chooseSource(
  positionals: readonly string[],
  { run, resume }: TrainOptions,
): { source: string; overrides: readonly string[] } {
  const [first, ...others] = positionals;
  if (first !== undefined && !first.includes("=")) return { source: first, overrides: others };
  if (run !== undefined && resume) {
    const source = join(run, "config.yaml");
    if (existsSync(source)) return { source, overrides: positionals };
    const entries = existsSync(run) ? readdirSync(run) : [];
    if (isUnfinishedStart(entries)) throw usageError(unfinishedStart(run, entries));
    throw usageError(`there is no run to resume at ${run}; name a recipe to start one`);
  }
  throw usageError(
    "name a recipe or a file to train, for example: moesaic train quickstart; moesaic recipes lists the recipes",
  );
}

function printSummary(context: Context, summary: Summary, losses: readonly number[]): void {
  const { out } = context;
  if (losses.length > 1) {
    const ends = `${formatMetric(losses[0]!)} to ${formatMetric(losses.at(-1)!)}`;
    out.line(`loss ${out.style("cyan", sparkline(losses))} ${ends}`);
  }
  const rows = (["validation", "test"] as const).flatMap((split) =>
    Object.entries(summary[split]).map(([name, value]) => [split, name, formatMetric(value)]),
  );
  if (rows.length > 0) printTable(out, ["split", "metric", "value"], rows);
  const { steps, train_seconds, tokens_per_second, parameters } = summary;
  out.line(
    `${steps} steps in ${formatDuration(train_seconds)}, ${formatRate(tokens_per_second)} tokens/s, ` +
      `${formatRate(parameters.total)} parameters (${formatRate(parameters.active)} active)`,
  );
}
