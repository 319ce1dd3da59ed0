/** Tables and charts in plain text. */
import { cut, type Terminal } from "./terminal.ts";

/**
 * Prints rows below a heading. Columns of numbers are aligned right; lines are cut at the width of an
 * interactive terminal.
 */
export function printTable(
  terminal: Terminal,
  heading: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): void {
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => [...String(row[column] ?? "")].length)),
  );
  const layOut = (cells: readonly (string | number)[]): string => {
    const padded = cells.map((cell, column) => {
      const text = String(cell);
      const gap = " ".repeat(widths[column]! - [...text].length);
      return rows.every((row) => typeof row[column] === "number") ? gap + text : text + gap;
    });
    const line = padded.join("  ").trimEnd();
    return terminal.interactive ? cut(line, terminal.width()) : line;
  };
  terminal.line(terminal.style("dim", layOut(heading)));
  for (const row of rows) terminal.line(layOut(row));
}

/**
 * A line of bars, at most `width` characters long; each bar is the mean of neighbouring values.
 *
 * @example
 * sparkline([4, 3, 2, 1]) // "█▆▃▁"
 */
export function sparkline(values: readonly number[], width = 40): string {
  const finite = values.filter(Number.isFinite);
  const count = Math.min(width, finite.length);
  const means = Array.from({ length: count }, (_, i) => {
    const start = Math.floor((i * finite.length) / count);
    const part = finite.slice(start, Math.floor(((i + 1) * finite.length) / count));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const low = Math.min(...means);
  const range = Math.max(...means) - low;
  return means
    .map((mean) => "▁▂▃▄▅▆▇█"[range === 0 ? 0 : Math.round(((mean - low) / range) * 7)])
    .join("");
}
