import type { Row } from "./row.ts";

/** Formats rows as a table: text aligned left, figures right, a dash for missing values. */
export function formatTable(rows: readonly Row[]): string {
  const heading = [
    "case",
    "ours ms",
    "peer",
    "peer ms",
    "ratio",
    "share",
    "loss difference",
    "note",
  ];
  const lines = rows.map((row) => [
    row.case,
    figure(row.ours_ms, (ms) => ms.toFixed(1)),
    row.peer_version === null ? row.peer : `${row.peer} ${row.peer_version}`,
    figure(row.peer_ms, (ms) => ms.toFixed(1)),
    figure(row.ratio, (ratio) => ratio.toFixed(2)),
    row.share === undefined ? "" : `${(100 * row.share).toFixed(1)} %`,
    row.loss_difference === undefined
      ? ""
      : figure(row.loss_difference, (difference) => difference.toExponential(1)),
    row.note ?? "",
  ]);
  const used = heading.map((_, column) => lines.some((line) => line[column] !== ""));
  const figures = new Set(["ours ms", "peer ms", "ratio", "share", "loss difference"]);
  const widths = heading.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]!.length)),
  );
  return [heading, ...lines]
    .map((line) =>
      line
        .map((cell, column) =>
          figures.has(heading[column]!)
            ? cell.padStart(widths[column]!)
            : cell.padEnd(widths[column]!),
        )
        .filter((_, column) => used[column])
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function figure(value: number | null, format: (value: number) => string): string {
  return value === null ? "-" : format(value);
}
