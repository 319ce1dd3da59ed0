/** `metrics.jsonl`: one event per line, appended immediately. */
import { appendFileSync, closeSync, existsSync, fsyncSync, openSync } from "node:fs";
import type { MetricEvent } from "../../inspect/types/run-record.ts";
import { explainDiskError, writeFileAtomically } from "../files.ts";
import { metricLines } from "./metric-lines.ts";
import { thinMetrics } from "./thin-metrics.ts";

/** An open `metrics.jsonl`. */
export interface MetricsFile {
  /** Writes the line immediately: a killed process loses at most the current line. */
  append(event: MetricEvent): void;
  /** Flushes all written lines to the disk. */
  sync(): void;
  close(): void;
}

/** Opens `path` for appending, creating it if needed. */
export function openMetricsFile(path: string): MetricsFile {
  const file = openSync(path, "a");
  return {
    append({ step, epoch, split, name, value, seconds }) {
      const line = `${JSON.stringify({ step, epoch, split, name, value, seconds })}\n`;
      try {
        appendFileSync(file, line);
      } catch (error) {
        const advice = "checkpoints are unchanged: make room and continue with --resume";
        throw explainDiskError(error, `while writing ${path}`, advice);
      }
    },
    sync: () => fsyncSync(file),
    close: () => closeSync(file),
  };
}

/** The events of a `metrics.jsonl` in order; an incomplete last line is skipped. */
export async function* metricEvents(path: string): AsyncGenerator<MetricEvent> {
  for await (const { event } of metricLines(path)) yield event;
}

/** All events of a `metrics.jsonl`; an incomplete last line is skipped. */
export async function readMetrics(path: string): Promise<MetricEvent[]> {
  const events: MetricEvent[] = [];
  for await (const event of metricEvents(path)) events.push(event);
  return events;
}

/** Most events of one metric in a report; no curve shows more points. */
const SHOWN = 4096;

/** The events of a `metrics.jsonl` for a report, those of long runs thinned; see `thinMetrics`. */
export function readShownMetrics(path: string): Promise<MetricEvent[]> {
  return thinMetrics(metricEvents(path), SHOWN);
}

/**
 * Drops events after `step`, the test scores of a finished run, and an incomplete last line, so that a
 * resumed run can write them again without duplicates.
 */
export async function truncateAfter(path: string, step: number): Promise<void> {
  if (!existsSync(path)) return;
  await writeFileAtomically(path, keptLines(path, step));
}

/** Bytes of lines that are written at once. */
const CHUNK = 2 ** 18;

async function* keptLines(path: string, step: number): AsyncGenerator<Uint8Array> {
  let text = "";
  for await (const { line, event } of metricLines(path)) {
    if (event.step > step || event.split === "test") continue;
    text += `${line}\n`;
    if (text.length < CHUNK) continue;
    yield Buffer.from(text);
    text = "";
  }
  yield Buffer.from(text);
}
