/** Curves for the page. */
import type { MetricSeries, MetricTable } from "../inspect/types/view.ts";
import { downsample, type Point } from "../report/downsample.ts";
import { cursorOf } from "./cursor.ts";
import type { EventLog } from "./event-log.ts";
import type { MetricsFollower } from "./metrics-follower.ts";

/** Maximum number of points per curve and in total. */
const CURVE_POINTS = 600;
const TABLE_POINTS = 100_000;
const FEWEST_POINTS = 60;

/** The curves of all metrics read so far; returns `known` if nothing changed. */
export function metricTable(follower: MetricsFollower, known?: MetricTable): MetricTable {
  const { log, badLines } = follower;
  const cursor = cursorOf(follower);
  if (known?.cursor === cursor && known.badLines === badLines) return known;
  return { series: seriesOf(log), badLines, cursor };
}

function seriesOf(log: EventLog): MetricSeries[] {
  const curves = log.series.map((counts) => ({ ...counts, points: [] as Point[] }));
  log.forEach((place, x, y) => {
    if (!Number.isFinite(y)) return;
    const { points } = curves[place]!;
    // If a step was written twice, the later value wins.
    while (points.length > 0 && points.at(-1)!.x >= x) points.pop();
    points.push({ x, y });
  });
  const share = Math.floor(TABLE_POINTS / Math.max(1, curves.length));
  const limit = Math.min(CURVE_POINTS, Math.max(FEWEST_POINTS, share));
  return curves.map(({ points, ...curve }) => {
    const shown = downsample(points, limit);
    return { ...curve, steps: shown.map(({ x }) => x), values: shown.map(({ y }) => y) };
  });
}

/** The last value of each validation and test metric, by `split/name`. */
export function lastScores(log: EventLog): Record<string, number> {
  const wanted = log.series.map(
    ({ split, name }) => (split === "validation" || split === "test") && !isDetail(name),
  );
  const last = new Map<number, number>();
  log.forEach((place, _, value) => {
    if (wanted[place] && Number.isFinite(value)) last.set(place, value);
  });
  return Object.fromEntries(
    [...last].map(([place, value]) => {
      const { split, name } = log.series[place]!;
      return [`${split}/${name}`, value];
    }),
  );
}

/** Whether a metric is not a score: a partial loss, or a metric of a layer or an expert. */
function isDetail(name: string): boolean {
  return name === "objective" || name.startsWith("auxiliary/") || name.startsWith("experts/");
}
