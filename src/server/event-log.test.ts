import { expect, test } from "vitest";
import type { MetricEvent } from "../inspect/types/run-record.ts";
import { cursorOf, placeOf } from "./cursor.ts";
import { type EventLog, eventLog } from "./event-log.ts";

const event = (step: number, more: Partial<MetricEvent> = {}): MetricEvent => ({
  step,
  epoch: 0,
  split: "train",
  name: "loss",
  value: step / 2,
  seconds: step / 8,
  ...more,
});

/** Steps of the events that are held, by series. */
function heldSteps(log: EventLog): number[][] {
  const steps: number[][] = log.series.map(() => []);
  log.forEach((series, step) => {
    steps[series]!.push(step);
  });
  return steps;
}

test("a short log holds every event as it was added", () => {
  const log = eventLog();
  const added = [event(1), event(1, { split: "test" }), event(2, { value: Number.NaN, epoch: 3 })];
  for (const each of added) expect(log.add(each)).toBe(true);
  expect([log.slice(0, 9), log.slice(1, 1)]).toEqual([added, [added[1]]]);
  expect(log.last()).toEqual(added[2]);
  expect(log.series).toEqual([
    { split: "train", name: "loss", count: 2, nonFinite: 1 },
    { split: "test", name: "loss", count: 1, nonFinite: 0 },
  ]);
});

test("a full log thins its older part, and keeps the newest quarter and other splits whole", () => {
  const log = eventLog({ maxEvents: 64, pointsPerSeries: 8 });
  for (let step = 0; step < 5000; step++) {
    log.add(event(step, step === 37 ? { value: Number.NaN } : {}));
    expect(heldSteps(log).flat().length).toBeLessThanOrEqual(64);
    expect(log.count - log.wholeFrom).toBeGreaterThanOrEqual(Math.min(step + 1, 16));
    if (step % 500 === 0) log.add(event(step, { split: "validation" }));
  }
  expect([log.count, log.series[0]!.count, log.series[1]!.count]).toEqual([5010, 5000, 10]);
  const recent = log.slice(log.wholeFrom, 999);
  expect(recent).toHaveLength(log.count - log.wholeFrom);
  expect(recent.at(-1)).toEqual(event(4999));
  const [train, validation] = heldSteps(log);
  expect(validation).toEqual(Array.from({ length: 10 }, (_, i) => i * 500));
  const older = train!.slice(0, 6);
  expect(older).toEqual([0, 37, 1024, 2048, 3072, 4096]);
});

test("validations that fill the log are thinned too", () => {
  const log = eventLog({ maxEvents: 64 });
  for (let step = 0; step < 1000; step++) log.add(event(step, { split: "validation" }));
  const [steps] = heldSteps(log);
  expect(steps!.length).toBeLessThanOrEqual(64);
  expect([steps![0], steps!.at(-1)]).toEqual([0, 999]);
});

test("series above the limit are not held", () => {
  const log = eventLog({ maxSeries: 1 });
  expect([log.add(event(1)), log.add(event(1, { name: "other" }))]).toEqual([true, false]);
  expect([log.add(event(2)), log.count]).toEqual([true, 2]);
});

test("cursors are rejected if events after them are thinned out", () => {
  const log = eventLog({ maxEvents: 64, pointsPerSeries: 4 });
  for (let step = 0; step < 500; step++) log.add(event(step));
  const position = { generation: "0".repeat(12), log };
  expect(log.wholeFrom).toBeGreaterThan(0);
  expect(placeOf(cursorOf(position, log.wholeFrom - 1), position)).toBeUndefined();
  expect(placeOf(cursorOf(position, log.wholeFrom), position)).toBe(log.wholeFrom);
});
