/** The tables of docs/routing.md as Markdown. */

import { cpus } from "node:os";
import { supports } from "../../src/moe/compatibility.ts";
import { dispatchers } from "../../src/moe/dispatch/config.ts";
import { auxiliaryLosses } from "../../src/moe/losses/index.ts";
import type { TrainConfig } from "../../src/recipe/config.ts";
import type { Measured } from "./train-variant.ts";
import { documentedRouters, type Variant } from "./variants.ts";

export interface MeasuredRow {
  readonly variant: Variant;
  readonly measured: Measured;
  /** Time of a step, relative to the base. */
  readonly time: number;
}

export interface Measurements {
  readonly methods: readonly MeasuredRow[];
  readonly balancing: readonly MeasuredRow[];
  /** Time of a step without experts, relative to the base. */
  readonly denseTime: number;
  readonly baseMs: number;
  readonly config: TrainConfig;
}

const columns = ["accuracy", "loss", "max. violation", "dead", "dropped", "time"] as const;

export function measuredTables(of: Measurements): string {
  const { config, baseMs, denseTime } = of;
  const steps = of.methods[0]!.measured.steps;
  const machine = cpus()[0]?.model.trim() ?? "an unknown processor";
  return [
    `\`${config.recipe}\`, seed ${config.seed}, ${steps} steps of ${config.train.batchSize} images; validation split. One base step: ${baseMs.toFixed(1)} ms (one thread of ${machine}); without experts ${denseTime.toFixed(2)} of that.`,
    measuredTable("routing method", of.methods),
    measuredTable("balancing of top-2 routing", of.balancing),
  ].join("\n\n");
}

function measuredTable(title: string, rows: readonly MeasuredRow[]): string {
  const cells = rows.map(({ variant, measured, time }) => [
    variant.title,
    measured.accuracy.toFixed(3),
    measured.loss.toFixed(3),
    measured.maxViolation.toFixed(2),
    String(measured.deadExperts),
    measured.droppedFraction.toFixed(3),
    time.toFixed(2),
  ]);
  return markdownTable([title, ...columns], cells);
}

/** The dispatchers and losses that each router of the page supports. */
export function combinationsTable(): string {
  const losses = auxiliaryLosses.list().map(({ name }) => name);
  const rows = documentedRouters().map(({ name: router }) => {
    const possible = dispatchers.flatMap(({ name }) =>
      supports(router, name) === true ? [name] : [],
    );
    const refused = losses.filter((loss) => supports(router, possible[0]!, loss) !== true);
    return [
      code(router),
      possible.map(code).join(", "),
      refused.length === losses.length ? "all" : refused.map(code).join(", ") || "none",
    ];
  });
  return markdownTable(
    ["router", "dispatchers, the default first", "losses that are refused"],
    rows,
    false,
  );
}

function code(name: string): string {
  return `\`${name}\``;
}

export function markdownTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  figures = true,
): string {
  const rule = heading.map((_, column) => (figures && column > 0 ? "---:" : "---"));
  return [heading, rule, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
