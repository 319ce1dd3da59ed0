/** Trains a configuration, or reads the results of a finished run. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { listenForInterrupt } from "../../src/cli/interrupt.ts";
import { createProgress } from "../../src/cli/progress.ts";
import { createTerminal } from "../../src/cli/terminal.ts";
import { configToYaml } from "../../src/config/load.ts";
import type { MetricEvent, StoredSummary } from "../../src/inspect/types/run-record.ts";
import type { TrainConfig } from "../../src/recipe/config.ts";
import { readMetrics } from "../../src/runs/metrics/metrics-file.ts";
import { train } from "../../src/train/train.ts";

export interface FinishedRun {
  readonly summary: StoredSummary;
  readonly metrics: readonly MetricEvent[];
}

export interface FinishedRunOptions {
  /** Whether finished runs are repeated. */
  readonly overwrite: boolean;
  readonly log: (line: string) => void;
}

/** Undefined if a signal ended the run. */
export async function finishedRun(
  config: TrainConfig,
  runDirectory: string,
  { overwrite, log }: FinishedRunOptions,
): Promise<FinishedRun | undefined> {
  const summary = join(runDirectory, "summary.json");
  const isKnown =
    existsSync(summary) &&
    readFileSync(join(runDirectory, "config.yaml"), "utf8") === configToYaml(config);
  if (!isKnown || overwrite) {
    const interruption = listenForInterrupt(log);
    const progress = createProgress(createTerminal(process.stderr));
    log(`${runDirectory}:`);
    try {
      const { signal } = interruption;
      await train(config, { runDirectory, resume: false, overwrite: true, progress, signal });
      if (signal.aborted) return undefined;
    } finally {
      interruption.dispose();
    }
  }
  return {
    summary: JSON.parse(readFileSync(summary, "utf8")) as StoredSummary,
    metrics: await readMetrics(join(runDirectory, "metrics.jsonl")),
  };
}
