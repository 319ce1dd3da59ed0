/** `metrics.jsonl`: one event per line, appended immediately. */
import { appendFileSync, closeSync, fsyncSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { MetricEvent } from "../inspect/types/run-record.ts";
import { explainDiskError, ignoreMissing, writeFileAtomically } from "./files.ts";

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

/** The events of a `metrics.jsonl`; an incomplete last line is skipped. */
export async function readMetrics(path: string): Promise<MetricEvent[]> {
  const text = (await readFile(path, "utf8").catch(ignoreMissing)) ?? "";
  return completeLines(text).map(({ event }) => ({ ...event, value: event.value ?? Number.NaN }));
}

/**
 * Drops events after `step`, the test scores of a finished run, and an incomplete last line, so that a
 * resumed run can write them again without duplicates.
 */
export async function truncateAfter(path: string, step: number): Promise<void> {
  const text = await readFile(path, "utf8").catch(ignoreMissing);
  if (text === undefined) return;
  const kept = completeLines(text).filter(
    ({ event }) => event.step <= step && event.split !== "test",
  );
  await writeFileAtomically(path, kept.map(({ line }) => `${line}\n`).join(""));
}

function completeLines(text: string): { line: string; event: MetricEvent }[] {
  return text.split("\n").flatMap((line) => {
    try {
      const event: unknown = JSON.parse(line);
      const isEvent = typeof event === "object" && event !== null && "step" in event;
      return isEvent ? [{ line, event: event as MetricEvent }] : [];
    } catch {
      return [];
    }
  });
}
