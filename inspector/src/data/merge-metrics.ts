/** Merges new events into thinned curves. */
import type { MetricEvent, MetricSeries, MetricTable } from "moesaic/inspect";
import { downsample } from "moesaic/report/browser";

/** Length at which a curve is thinned to half of it. */
const pointLimit = 2000;

/** The table with the new events; unchanged curves keep their identity. */
export function mergeMetrics(table: MetricTable, events: readonly MetricEvent[]): MetricTable {
  const added = new Map<string, MetricEvent[]>();
  for (const event of events) {
    const key = keyOf(event);
    const list = added.get(key) ?? [];
    list.push(event);
    added.set(key, list);
  }
  const series = table.series.map((entry) => {
    const list = added.get(keyOf(entry));
    added.delete(keyOf(entry));
    return list === undefined ? entry : append(entry, list);
  });
  for (const list of added.values()) {
    const { split, name } = list[0]!;
    series.push(append({ split, name, steps: [], values: [], count: 0, nonFinite: 0 }, list));
  }
  return { ...table, series };
}

function append(series: MetricSeries, events: readonly MetricEvent[]): MetricSeries {
  const finite = events.filter(({ value }) => Number.isFinite(value));
  let points = series.steps.map((x, i) => ({ x, y: series.values[i]! }));
  for (const { step, value } of finite) {
    // A resumed run repeats some steps: the later value wins.
    while (points.length > 0 && points[points.length - 1]!.x >= step) points.pop();
    points.push({ x: step, y: value });
  }
  if (points.length > pointLimit) points = [...downsample(points, pointLimit / 2)];
  return {
    ...series,
    steps: points.map(({ x }) => x),
    values: points.map(({ y }) => y),
    count: series.count + events.length,
    nonFinite: series.nonFinite + events.length - finite.length,
  };
}

function keyOf({ split, name }: { readonly split: string; readonly name: string }): string {
  return `${split}\n${name}`;
}
