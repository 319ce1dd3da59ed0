import type { MetricEvent, MetricTable } from "moesaic/inspect";
import { expect, test } from "vitest";
import { mergeMetrics } from "./merge-metrics.ts";

const event = (step: number, value: number, name = "loss"): MetricEvent => ({
  step,
  epoch: 0,
  split: "train",
  name,
  value,
  seconds: step,
});
const empty: MetricTable = { series: [], badLines: 0, cursor: "0" };

test("new points are added, other curves keep their identity", () => {
  const before = mergeMetrics(empty, [event(1, 4), event(1, 0.5, "accuracy"), event(2, 3)]);
  const after = mergeMetrics(before, [event(3, 2)]);
  expect(after.series[0]).toMatchObject({ steps: [1, 2, 3], values: [4, 3, 2], count: 3 });
  expect(after.series[1]).toBe(before.series[1]);
});

test("a repeated step replaces all later points", () => {
  const before = mergeMetrics(empty, [event(1, 4), event(2, 3), event(3, 2)]);
  expect(mergeMetrics(before, [event(2, 9)]).series[0]).toMatchObject({
    steps: [1, 2],
    values: [4, 9],
  });
});

test("non-finite values are counted and not drawn", () => {
  const { series } = mergeMetrics(empty, [event(1, Number.NaN), event(2, 1)]);
  expect(series[0]).toMatchObject({ steps: [2], values: [1], count: 2, nonFinite: 1 });
});

test("a long curve is thinned and keeps its peaks", () => {
  const events = Array.from({ length: 5000 }, (_, i) => event(i, i === 1234 ? 99 : 1));
  const [series] = mergeMetrics(empty, events).series;
  expect(series!.steps.length).toBeLessThanOrEqual(1000);
  expect(series!.values).toContain(99);
  expect([series!.steps[0], series!.steps.at(-1)]).toEqual([0, 4999]);
  expect(series!.count).toBe(5000);
});
