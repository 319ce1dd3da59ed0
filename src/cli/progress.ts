/** Progress: one line that is redrawn on a terminal, plain lines at intervals in a log file. */
import type { ProgressSink, ProgressUpdate } from "../learn/progress.ts";
import { cut, type Terminal } from "./terminal.ts";

/** A progress sink that owns the current line until it is closed. */
export interface Progress extends ProgressSink {
  /** Draws the last update and ends its line. */
  close(): void;
  [Symbol.dispose](): void;
}

/** Milliseconds between two drawings on a terminal, and between two lines elsewhere. */
const redrawEvery = 50;
const plainLineEvery = 5000;

/**
 * Shows progress on `terminal`.
 *
 * @param now clock, milliseconds
 */
export function createProgress(terminal: Terminal, now: () => number = Date.now): Progress {
  const interval = terminal.interactive ? redrawEvery : plainLineEvery;
  let last: ProgressUpdate | undefined;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawn: ProgressUpdate | undefined;

  const draw = (): void => {
    if (last === undefined || last === drawn) return;
    const width = terminal.interactive ? terminal.width() - 1 : Number.POSITIVE_INFINITY;
    const text = formatProgress(last, width, terminal.interactive);
    if (terminal.interactive) terminal.write(`\r\x1b[2K${text}`);
    else terminal.line(text);
    drawnAt = now();
    drawn = last;
  };
  const finishLine = (): void => {
    draw();
    if (terminal.interactive && last) terminal.write("\n");
    last = undefined;
    drawn = undefined;
    drawnAt = Number.NEGATIVE_INFINITY;
  };
  return {
    update(update) {
      if (last && last.label !== update.label) finishLine();
      last = update;
      if (now() - drawnAt >= interval || isDone(update)) draw();
    },
    note(message) {
      if (terminal.interactive && drawn) terminal.write("\r\x1b[2K");
      terminal.line(message);
      drawn = undefined;
      if (terminal.interactive) draw();
    },
    close: finishLine,
    [Symbol.dispose]: finishLine,
  };
}

/** Time after which the reading of weights is shown, milliseconds. */
const readingShownAfter = 2000;

/** Shows how many million parameters are read, if reading takes long; the caller must dispose of it. */
export function readingProgress(
  terminal: Terminal,
): Disposable & { readonly onProgress: (done: number, total: number) => void } {
  const started = Date.now();
  const progress = createProgress(terminal);
  const millions = (count: number): number => Math.round(count / 1e6);
  return {
    onProgress: (done, total) => {
      if (Date.now() - started < readingShownAfter) return;
      const label = "million parameters";
      progress.update({ label, done: millions(done), total: millions(total) });
    },
    [Symbol.dispose]: () => progress.close(),
  };
}

/**
 * One line, for example
 * `step 300/1500 ━━━━────────────────  loss 0.412  accuracy 0.871  18.3k tokens/s  0:42 left`.
 *
 * If `width` is short, the bar is dropped first, then fields from the right.
 */
export function formatProgress(update: ProgressUpdate, width: number, withBar: boolean): string {
  const { label, done, total, metrics = {}, tokensPerSecond, secondsLeft } = update;
  const head =
    total === undefined
      ? `${label} ${done}`
      : `${label} ${String(done).padStart(String(total).length)}/${total}`;
  const fields = Object.entries(metrics).map(([name, value]) => `${name} ${formatMetric(value)}`);
  if (tokensPerSecond !== undefined) fields.push(`${formatRate(tokensPerSecond)} tokens/s`);
  if (secondsLeft !== undefined) fields.push(`${formatDuration(secondsLeft)} left`);
  const room = width - [head, ...fields].join("  ").length - 1;
  if (withBar && room >= 8 && total !== undefined) {
    return [`${head} ${bar(done / total, Math.min(room, 24))}`, ...fields].join("  ");
  }
  while (fields.length > 0 && [head, ...fields].join("  ").length > width) fields.pop();
  return cut([head, ...fields].join("  "), width);
}

function isDone({ done, total = Number.POSITIVE_INFINITY }: ProgressUpdate): boolean {
  return done >= total;
}

function bar(fraction: number, width: number): string {
  const filled = Math.round(Math.min(Math.max(fraction || 0, 0), 1) * width);
  return "━".repeat(filled) + "─".repeat(width - filled);
}

/** Three significant digits: `0.412`, `12.3`, `1.00e-7`. */
export function formatMetric(value: number): string {
  return Number.isFinite(value) && Math.abs(value) >= 1000
    ? value.toFixed(0)
    : value.toPrecision(3);
}

/** `18.3k`, `950`, `1.20M`. */
export function formatRate(value: number): string {
  if (value >= 999_500) return `${(value / 1e6).toPrecision(3)}M`;
  return value >= 999.5 ? `${(value / 1000).toPrecision(3)}k` : value.toFixed(0);
}

/** `0:42`, `12:05`, `1:02:03`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "-:--";
  const total = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(total / 60);
  if (minutes < 60) return `${minutes}:${two(total % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(total % 60)}`;
}
