import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Summary } from "../inspect/types/run-record.ts";
import { listCheckpoints } from "./checkpoints/checkpoint-store.ts";
import { readMetrics } from "./metrics/metrics-file.ts";
import { openRunDirectory } from "./run-directory.ts";

const folder = (): string => mkdtempSync(join(tmpdir(), "moesaic-run-"));
const event = (step: number) =>
  ({ step, epoch: 0, split: "train", name: "loss", value: 1, seconds: 0 }) as const;

test("a run writes its files, and a resumed run continues after its last checkpoint", async () => {
  const path = join(folder(), "nested", "run");
  const first = await openRunDirectory(path);
  expect(first.resumedFrom).toBeUndefined();
  await first.writeConfig("seed: 1\n");
  first.metrics.log(event(1));
  await first.saveCheckpoint(1, { model: [new Uint8Array([1])] }, { score: 0.5 });
  first.metrics.log(event(2));
  await first.close();

  const second = await openRunDirectory(path, { resume: true });
  expect(second.resumedFrom).toMatchObject({ step: 1, score: 0.5 });
  second.metrics.log(event(2));
  const summary: Summary = {
    recipe: "quickstart",
    seed: 1,
    steps: 2,
    train_seconds: 1,
    tokens_per_second: 10,
    parameters: { total: 4, active: 2 },
    validation: {},
    test: { accuracy: 1 },
    versions: {},
  };
  await second.writeSummary(summary);
  await second.writeReport("<!doctype html>");
  await second.close();

  expect((await readMetrics(join(path, "metrics.jsonl"))).map(({ step }) => step)).toEqual([1, 2]);
  expect(JSON.parse(readFileSync(join(path, "summary.json"), "utf8"))).toEqual(summary);
  expect(readdirSync(path).filter((name) => !name.startsWith("events"))).toEqual([
    "checkpoints",
    "config.yaml",
    "metrics.jsonl",
    "report.html",
    "summary.json",
  ]);
});

test("a run that stopped before its first checkpoint resumes from the start", async () => {
  const path = folder();
  const first = await openRunDirectory(path);
  await first.writeConfig("seed: 1\n");
  first.metrics.log(event(1));
  await first.close();
  const second = await openRunDirectory(path, { resume: true });
  expect(second.resumedFrom).toBeUndefined();
  await second.close();
  expect(await readMetrics(join(path, "metrics.jsonl"))).toEqual([]);
});

test("refuses to start over an existing run, to resume a missing one, and foreign folders", async () => {
  const path = folder();
  await expect(openRunDirectory(path, { resume: true })).rejects.toThrow(
    `there is no run to resume at ${path}; drop --resume to start one`,
  );
  const run = await openRunDirectory(path);
  await run.writeConfig("");
  await run.close();
  const again = openRunDirectory(path);
  await expect(again).rejects.toThrow(/continue it with --resume, replace it with --overwrite/);
  await expect(again).rejects.toMatchObject({ exitCode: 2 });

  const foreign = folder();
  writeFileSync(join(foreign, "thesis.txt"), "");
  await expect(openRunDirectory(foreign)).rejects.toThrow(/is not empty; choose another --run/);
  await expect(openRunDirectory(join(foreign, "thesis.txt"))).rejects.toThrow(/is a file/);
});

test("two trainings cannot share a run directory", async () => {
  const path = folder();
  const run = await openRunDirectory(path);
  await run.writeConfig("");
  await expect(openRunDirectory(path, { resume: true })).rejects.toThrow(/is in use/);
  await run.close();
});

test("overwriting removes the earlier run and keeps other files", async () => {
  const path = join(folder(), "run");
  const first = await openRunDirectory(path);
  await first.writeConfig("seed: 1\n");
  first.metrics.log(event(1));
  await first.saveCheckpoint(1, { model: [new Uint8Array([1])] });
  await first.close();
  writeFileSync(join(path, "notes.txt"), "mine");

  const second = await openRunDirectory(path, { overwrite: true });
  await second.close();
  expect(await listCheckpoints(path)).toEqual([]);
  expect(readFileSync(join(path, "metrics.jsonl"), "utf8")).toBe("");
  expect(readFileSync(join(path, "notes.txt"), "utf8")).toBe("mine");
});

test("overwriting refuses a folder without a run, and a combination with --resume", async () => {
  const path = folder();
  writeFileSync(join(path, "thesis.txt"), "precious");
  await expect(openRunDirectory(path, { overwrite: true })).rejects.toThrow(/is not empty/);
  await expect(openRunDirectory(path, { overwrite: true, resume: true })).rejects.toThrow(
    /give one of them/,
  );
});
