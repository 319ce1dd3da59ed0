import { expect, test } from "vitest";
import { groupMetrics } from "./series.ts";

const event = (step: number, value: number, name = "loss", split = "train") => ({
  step,
  epoch: 0,
  split,
  name,
  value,
  seconds: step,
});

test("series are sorted, later values of a step win, non-finite values are counted", () => {
  const table = groupMetrics([
    event(3, 3),
    event(1, 1),
    event(2, Number.NaN),
    event(3, 30),
    event(4, Number.POSITIVE_INFINITY),
    event(1, 9, "loss", "test"),
  ]);
  const series = table.get("train", "loss")!;
  expect(series.points).toEqual([
    { x: 1, y: 1 },
    { x: 3, y: 30 },
  ]);
  expect(series.nonFinite).toBe(2);
  expect(table.get("test", "loss")!.points).toHaveLength(1);
  expect(table.get("train", "accuracy")).toBeUndefined();
  expect(table.match("train", /^lo/)).toHaveLength(1);
});
