/** A profile as two text tables. */
import type { Profile, TimeShare } from "./profile.ts";

export interface ProfileTableOptions {
  /** Operators to list. Default 12. */
  readonly operators?: number;
  /** Depth of modules: 1 lists `blocks`, 3 also `blocks.0.attn`. Default 3. */
  readonly depth?: number;
  /** Share (0-1) below which modules are skipped. Default 0.005. */
  readonly smallest?: number;
}

/** Time per operator and per module as lines of text, in milliseconds per run. */
export function profileTable(profile: Profile, options: ProfileTableOptions = {}): string {
  const { operators = 12, depth = 3, smallest = 0.005 } = options;
  const { forward, backward, recompute } = profile.phases;
  const memory =
    profile.peakBytes === undefined
      ? ""
      : `; at most ${(profile.peakBytes / 2 ** 20).toFixed(1)} MiB of intermediate values`;
  const head = `${profile.ms.toFixed(2)} ms per run over ${profile.runs} runs: forward ${forward.toFixed(2)}, backward ${backward.toFixed(2)}, recomputed ${recompute.toFixed(2)}${memory}`;
  const modules = profile.modules.filter(
    ({ name, share }) => name.split(".").length <= depth && share >= smallest,
  );
  return [
    head,
    lines("operator", profile.operators.slice(0, operators)),
    lines("module", modules),
  ].join("\n\n");
}

function lines(title: string, rows: readonly TimeShare[]): string {
  const cells = [
    [title, "ms", "share", "nodes", "forward", "backward", "recomputed"],
    ...rows.map(({ name, ms, share, nodes, byPhase }) => [
      name,
      ms.toFixed(2),
      `${(100 * share).toFixed(1)} %`,
      nodes.toFixed(0),
      byPhase.forward.toFixed(2),
      byPhase.backward.toFixed(2),
      byPhase.recompute.toFixed(2),
    ]),
  ];
  const widths = cells[0]!.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!),
        )
        .join("  "),
    )
    .join("\n");
}
