/** The table of LIMoE and dense models, over seeds. */

import type { FinishedRun } from "./finished-run.ts";

const ranks = [1, 5, 10] as const;
const directions = ["image to text", "text to image"] as const;

export const baselineHeading = [
  "model",
  "parameters",
  "active",
  ...directions.flatMap((direction) => ranks.map((rank) => `${direction} R@${rank}`)),
] as const;

export const baselineNote =
  "Percent, mean ± standard deviation over the seeds; “active” are the parameters used for a word; a patch uses fewer.";

/** The cells of one model, from one run per seed, on the test split. */
export function baselineCells(runs: readonly FinishedRun[]): string[] {
  const { total = 0, active = 0 } = runs[0]?.summary.parameters ?? {};
  const recall = (direction: string, rank: number): string => {
    const name = `${direction.replaceAll(" ", "_")}_r${rank}`;
    return meanAndDeviation(runs.map(({ summary }) => 100 * (summary.test?.[name] ?? Number.NaN)));
  };
  return [
    thousands(total),
    thousands(active),
    ...directions.flatMap((direction) => ranks.map((rank) => recall(direction, rank))),
  ];
}

/** The sample standard deviation, divided by `n - 1`; for a single value only the value. */
function meanAndDeviation(values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return mean.toFixed(1);
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return `${mean.toFixed(1)} ± ${Math.sqrt(squares / (values.length - 1)).toFixed(1)}`;
}

function thousands(count: number): string {
  return `${Math.round(count / 1000)}k`;
}
