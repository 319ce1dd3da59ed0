import { execFileSync } from "node:child_process";
import {
  closeSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { MetricEvent } from "../../inspect/types/run-record.ts";
import { MAX_LINE, metricLines } from "./metric-lines.ts";
import { readMetrics, readShownMetrics, truncateAfter } from "./metrics-file.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-metrics-"));
afterAll(() => rmSync(folder, { recursive: true }));

const event = (step: number, name = "loss", split = "train"): MetricEvent => ({
  ...{ step, epoch: 0, split, name },
  ...{ value: step / 7, seconds: 1 },
});
const text = (events: readonly MetricEvent[]): string =>
  events.map((each) => `${JSON.stringify(each)}\n`).join("");

let count = 0;
function file(content: string): string {
  const path = join(folder, `${count++}.jsonl`);
  writeFileSync(path, content);
  return path;
}

test("lines across reads, invalid and incomplete lines, and lines that are too long", async () => {
  const many = Array.from({ length: 9_000 }, (_, i) => event(i)); // several reads
  const long = `{"step":1,"name":"${"x".repeat(3 * 2 ** 18)}"}\n`;
  const content = `${text(many.slice(0, 100))}nonsense\n${long}${text(many.slice(100))}{"step":1,`;
  const found: MetricEvent[] = [];
  for await (const line of metricLines(file(content))) found.push(line.event);
  expect(found).toEqual(many);
});

test("the longest line that counts", async () => {
  const fits = JSON.stringify(event(1)).padEnd(MAX_LINE);
  const found = await readMetrics(file(`${fits}\n${fits} \n`));
  expect(found).toEqual([event(1)]);
});

test("a file that does not exist has no events", async () => {
  expect(await readMetrics(join(folder, "none"))).toEqual([]);
  await expect(truncateAfter(join(folder, "none"), 1)).resolves.toBeUndefined();
});

test("a report gets the first and the last value of long curves, and all of short ones", async () => {
  const long = Array.from({ length: 20_000 }, (_, i) => event(i + 1));
  const rare = [event(1, "loss", "validation"), event(20_000, "loss", "validation")];
  const shown = await readShownMetrics(file(text([...long, ...rare])));
  const curve = shown.filter(({ split }) => split === "train");
  expect(curve.length).toBeGreaterThanOrEqual(2048);
  expect(curve.length).toBeLessThanOrEqual(4097);
  expect([curve[0], curve.at(-1)]).toEqual([event(1), event(20_000)]);
  expect(curve.map(({ step }) => step)).toEqual(curve.map(({ step }) => step).toSorted((a, b) => a - b)); // biome-ignore format: one line
  expect(shown.filter(({ split }) => split === "validation")).toEqual(rare);
});

test("a resumed run keeps the lines up to its step, in bounded memory", async () => {
  const path = join(folder, "large.jsonl");
  const target = openSync(path, "w");
  const perStep = Array.from({ length: 100 }, (_, i) => `experts/blocks.${i}.moe/load_entropy`);
  for (let step = 1; step <= 2_000; step++) {
    writeSync(target, text(perStep.map((name) => event(step, name))));
  }
  closeSync(target);
  const { size } = statSync(path);
  expect(size).toBeGreaterThan(20 * 2 ** 20);
  // Its text, lines and events together would need far more than this heap.
  const module = new URL("./metrics-file.ts", import.meta.url).href;
  const program = `await (await import("${module}")).truncateAfter(${JSON.stringify(path)}, 1000);`;
  const argv = ["--max-old-space-size=64", "--import", "tsx", "--input-type=module", "-e", program];
  execFileSync(process.execPath, argv, { stdio: "pipe" });
  expect(statSync(path).size).toBeLessThan(0.51 * size);
});
