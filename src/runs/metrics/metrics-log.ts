/** Writes the metrics of a run to `metrics.jsonl` and to a TensorBoard event file. */
import { appendFileSync, closeSync, openSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import type { MetricEvent } from "../../inspect/types/run-record.ts";
import { explainDiskError } from "../files.ts";
import { openMetricsFile, truncateAfter } from "./metrics-file.ts";
import { eventFileName, fileVersionRecord, restartRecord, scalarRecord } from "./tensorboard.ts";

/** The log of a run. */
export interface MetricsLog {
  /** Writes one metric to both files immediately. */
  log(event: MetricEvent): void;
  /** Flushes all lines to the disk; required before writing a checkpoint. */
  sync(): void;
  close(): void;
}

/**
 * Opens the log of a run directory.
 *
 * @param resumedStep the step of the checkpoint that the run continues from: later events are
 *   dropped, because they will be logged again; -1 drops all
 * @throws UserError if a file cannot be written
 */
export async function openMetricsLog(
  runDirectory: string,
  resumedStep?: number,
): Promise<MetricsLog> {
  const linesPath = join(runDirectory, "metrics.jsonl");
  if (resumedStep !== undefined) await truncateAfter(linesPath, resumedStep);
  const lines = openMetricsFile(linesPath);
  const now = (): number => Date.now() / 1000;
  const eventsPath = join(runDirectory, eventFileName(now(), hostname(), process.pid));
  const events = openSync(eventsPath, "a");
  const write = (record: Uint8Array): void => {
    try {
      appendFileSync(events, record);
    } catch (error) {
      const advice = "checkpoints are unchanged: make room and continue with --resume";
      throw explainDiskError(error, `while writing ${eventsPath}`, advice);
    }
  };
  write(fileVersionRecord(now()));
  if (resumedStep !== undefined) write(restartRecord(resumedStep + 1, now()));
  return {
    log(event) {
      lines.append(event);
      const { step, split, name, value } = event;
      write(scalarRecord({ tag: `${split}/${name}`, step, value, wallTime: now() }));
    },
    sync: lines.sync,
    close() {
      lines.close();
      closeSync(events);
    },
  };
}
