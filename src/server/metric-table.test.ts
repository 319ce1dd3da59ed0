import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { lastScores, metricTable } from "./metric-table.ts";
import { followMetrics } from "./metrics-follower.ts";
import { event, lines, testFolder } from "./server.fixture.ts";

async function follow(text: string) {
  using folder = testFolder();
  writeFileSync(folder.at("metrics.jsonl"), text);
  const metrics = followMetrics(folder.path);
  await metrics.catchUp();
  return metrics;
}

test("curves by split and name; for repeated steps the later value wins", async () => {
  const metrics = await follow(
    lines(
      event(0, 5),
      event(1, null),
      event(2, 4),
      event(2, 3, { split: "validation" }),
      event(3, 2),
      event(2, 1),
    ),
  );
  const table = metricTable(metrics);
  expect(table).toMatchObject({
    badLines: 0,
    series: [
      { split: "train", name: "loss", steps: [0, 2], values: [5, 1], count: 5, nonFinite: 1 },
      { split: "validation", steps: [2], values: [3], count: 1, nonFinite: 0 },
    ],
  });
  expect(metricTable(metrics, table)).toBe(table);
});

test("long curves keep their ends and extremes", async () => {
  const values = Array.from({ length: 30_000 }, (_, i) => Math.sin(i / 900));
  values[12_345] = 77;
  values[20_001] = -88;
  const metrics = await follow(lines(...values.map((value, step) => event(step, value))));
  const { series } = metricTable(metrics);
  const { steps, values: shown, count } = series[0]!;
  expect(steps.length).toBeLessThanOrEqual(600);
  expect([steps[0], steps.at(-1), count]).toEqual([0, 29_999, 30_000]);
  expect([Math.max(...shown), Math.min(...shown)]).toEqual([77, -88]);
});

test("scores are the last values of validation and test, without partial losses and expert metrics", async () => {
  const { log } = await follow(
    lines(
      event(1, 9),
      event(1, 0.5, { split: "validation", name: "accuracy" }),
      event(2, 0.75, { split: "validation", name: "accuracy" }),
      event(2, null, { split: "validation", name: "accuracy" }),
      event(2, 1, { split: "validation", name: "auxiliary/balance" }),
      event(2, 1, { split: "test", name: "experts/blocks.0.moe/load_0" }),
      event(2, 0.25, { split: "test", name: "loss" }),
    ),
  );
  expect(lastScores(log)).toEqual({ "validation/accuracy": 0.75, "test/loss": 0.25 });
});
