/** Groups metric events into curves. */

import type { MetricEvent } from "../inspect/types/run-record.ts";
import type { Point } from "./downsample.ts";

/** One metric of one split over the steps. */
export interface Series {
  readonly split: string;
  readonly name: string;
  /** Ascending steps, one point each, finite values only. */
  readonly points: readonly Point[];
  /** Number of NaN or infinite values. */
  readonly nonFinite: number;
}

/** All series of a run, by split and name. */
export interface SeriesTable {
  readonly get: (split: string, name: string) => Series | undefined;
  /** Series of a split whose name matches, in order of their first event. */
  readonly match: (split: string, pattern: RegExp) => readonly Series[];
}

interface Growing {
  readonly split: string;
  readonly name: string;
  readonly values: Map<number, number>;
}

/** Groups events into series; if a resumed run repeats a step, the later value wins. */
export function groupMetrics(metrics: readonly MetricEvent[]): SeriesTable {
  const growing = new Map<string, Growing>();
  for (const { split, name, step, value } of metrics) {
    if (!Number.isFinite(step)) continue;
    const key = `${split}\n${name}`;
    const entry = growing.get(key) ?? { split, name, values: new Map() };
    entry.values.set(step, value);
    growing.set(key, entry);
  }
  const table = new Map<string, Series>();
  for (const [key, { split, name, values }] of growing) {
    const points: Point[] = [];
    for (const [x, y] of values) if (Number.isFinite(y)) points.push({ x, y });
    points.sort((a, b) => a.x - b.x);
    table.set(key, { split, name, points, nonFinite: values.size - points.length });
  }
  return {
    get: (split, name) => table.get(`${split}\n${name}`),
    match: (split, pattern) =>
      [...table.values()].filter((series) => series.split === split && pattern.test(series.name)),
  };
}
