import { appendFileSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { MetricEvent } from "../../inspect/types/run-record.ts";
import { readMetrics, truncateAfter } from "./metrics-file.ts";
import { openMetricsLog } from "./metrics-log.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "moesaic-metrics-"));
const loss = (step: number, value = 1 / step): MetricEvent => ({
  step,
  epoch: 0,
  split: "train",
  name: "loss",
  value,
  seconds: step / 8,
});

test("each event is one line with stable keys, written as soon as it is logged", async () => {
  const run = folder();
  const log = await openMetricsLog(run);
  log.log(loss(4));
  const line = '{"step":4,"epoch":0,"split":"train","name":"loss","value":0.25,"seconds":0.5}\n';
  expect(readFileSync(join(run, "metrics.jsonl"), "utf8")).toBe(line);
  log.log(loss(5, Number.NaN));
  log.close();
  expect((await readMetrics(join(run, "metrics.jsonl"))).map(({ value }) => value)).toEqual([
    0.25,
    Number.NaN,
  ]);
});

test("resuming drops later events and a torn last line, and leaves no duplicates", async () => {
  const run = folder();
  const path = join(run, "metrics.jsonl");
  const first = await openMetricsLog(run);
  for (let step = 1; step <= 5; step++) first.log(loss(step));
  first.close();
  appendFileSync(path, '{"step":6,"epo');
  expect((await readMetrics(path)).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);

  const second = await openMetricsLog(run, 3);
  for (let step = 4; step <= 6; step++) second.log(loss(step));
  second.close();
  expect(await readMetrics(path)).toEqual([1, 2, 3, 4, 5, 6].map((step) => loss(step)));

  (await openMetricsLog(run, -1)).close();
  expect(await readMetrics(path)).toEqual([]);
});

test("TensorBoard gets the same events, and a restart event when a run resumes", async () => {
  const run = folder();
  const log = await openMetricsLog(run, 3);
  log.log(loss(4));
  log.close();
  const name = readdirSync(run).find((file) => file.startsWith("events.out.tfevents."))!;
  const bytes = readFileSync(join(run, name));
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length; at += 16 + lengths.at(-1)!) {
    lengths.push(Number(bytes.readBigUInt64LE(at)));
  }
  expect(lengths).toHaveLength(3); // version, restart at step 4, the loss
  expect(bytes.includes("brain.Event:2")).toBe(true);
  expect(bytes.includes(Buffer.from([0x10, 4, 0x3a, 2, 0x08, 1]))).toBe(true);
  expect(bytes.includes("train/loss")).toBe(true);
});

test("truncating a file that does not exist does nothing", async () => {
  const path = join(folder(), "metrics.jsonl");
  await truncateAfter(path, 3);
  expect(await readMetrics(path)).toEqual([]);
});
