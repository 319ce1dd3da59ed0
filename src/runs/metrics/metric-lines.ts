/** Reads `metrics.jsonl` of any size, line by line. */
import { open } from "node:fs/promises";
import type { MetricEvent } from "../../inspect/types/run-record.ts";
import { errorCode } from "../files.ts";

/** Maximum length of a line, bytes; longer ones are no events. */
export const MAX_LINE = 4096;
const MAX_NAME = 300;
const CHUNK = 2 ** 18;
const BREAK = 10;

/** A line of the file and the event in it. */
export interface MetricLine {
  readonly line: string;
  readonly event: MetricEvent;
}

/**
 * The lines with an event, in order. Others, such as the incomplete last one of a killed process, are
 * passed over; a file that does not exist has no lines.
 */
export async function* metricLines(path: string): AsyncGenerator<MetricLine> {
  for await (const line of completeLines(path)) {
    const event = parseEvent(line);
    if (event !== undefined) yield { line, event };
  }
}

/** Lines of at most `MAX_LINE` bytes that end in a line break. */
async function* completeLines(path: string): AsyncGenerator<string> {
  const file = await open(path).catch((error: unknown) => {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  });
  if (file === undefined) return;
  try {
    const buffer = Buffer.allocUnsafe(CHUNK + MAX_LINE);
    let kept = 0; // bytes of an incomplete line at the start of the buffer
    let skipping = false; // within a line that is too long
    for (;;) {
      const { bytesRead } = await file.read(buffer, kept, CHUNK);
      if (bytesRead === 0) return;
      const filled = buffer.subarray(0, kept + bytesRead);
      let start = 0;
      for (let end = filled.indexOf(BREAK, kept); end >= 0; end = filled.indexOf(BREAK, start)) {
        if (!skipping && end - start <= MAX_LINE) yield filled.toString("utf8", start, end);
        skipping = false;
        start = end + 1;
      }
      kept = filled.length - start;
      if (kept > MAX_LINE) {
        skipping = true;
        kept = 0;
      } else buffer.copyWithin(0, start, filled.length);
    }
  } finally {
    await file.close();
  }
}

/** Parses an event line, where null means NaN or infinity; undefined if invalid. */
export function parseEvent(line: string): MetricEvent | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null) return undefined;
  const { step, epoch, split, name, value, seconds } = json as Record<string, unknown>;
  if (!isCount(step) || typeof split !== "string" || typeof name !== "string") return undefined;
  if (name.length > MAX_NAME || split.length > MAX_NAME) return undefined;
  if (typeof value !== "number" && value !== null) return undefined;
  return {
    step,
    split,
    name,
    epoch: typeof epoch === "number" ? epoch : 0,
    seconds: typeof seconds === "number" ? seconds : 0,
    value: value ?? Number.NaN,
  };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
