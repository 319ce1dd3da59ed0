/** The inspector with a real training that starts, is killed, and resumes. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MetricEvent } from "../../src/inspect/types/run-record.ts";
import type { MetricTable, RunEntry, RunList } from "../../src/inspect/types/view.ts";
import {
  type TestServer,
  testServer,
  writePage,
  writeRun,
} from "../../src/server/server.fixture.ts";
import { temporaryFolder, tinyRecipe } from "./moesaic.fixture.ts";

const folder = temporaryFolder();
const runs = join(folder.path, "runs");
const run = join(runs, "live");
const bin = fileURLToPath(new URL("../../bin/moesaic.js", import.meta.url));
let server: TestServer;
let training: ChildProcess | undefined;
beforeAll(async () => {
  writeRun(join(runs, "other")); // the folder must contain a run when the inspector starts
  writeFileSync(join(folder.path, "tiny.yaml"), tinyRecipe);
  server = await testServer(writePage(join(folder.path, "page")), [runs]);
});
afterAll(async () => {
  training?.kill("SIGKILL");
  await server[Symbol.asyncDispose]();
  folder.remove();
});

function startTraining(...argv: string[]): ChildProcess {
  training = spawn(process.execPath, [bin, "train", ...argv, "--run", run], { stdio: "ignore" });
  return training;
}

/** The page's state: all received data, with the arrival time of each step. */
function follow(cursor: string) {
  const ending = new AbortController();
  const state = { steps: [] as number[], resets: 0, entry: undefined as RunEntry | undefined };
  const read = async (): Promise<void> => {
    const address = `${server.origin}/data/runs/live/events?after=${cursor}`;
    const response = await fetch(address, { signal: ending.signal });
    let text = "";
    for await (const bytes of response.body!) {
      text += Buffer.from(bytes).toString("utf8");
      const parts = text.split("\n\n");
      text = parts.pop()!;
      for (const part of parts) take(part);
    }
  };
  const take = (part: string): void => {
    const data = /^data: (.*)$/m.exec(part)?.[1];
    if (data === undefined) return;
    if (part.includes("event: reset")) state.resets += 1;
    if (part.includes("event: state")) state.entry = JSON.parse(data) as RunEntry;
    if (!part.includes("event: metrics")) return;
    const events = JSON.parse(data) as MetricEvent[];
    const losses = events.filter(({ name, split }) => name === "loss" && split === "train");
    state.steps.push(...losses.map(({ step }) => step));
  };
  const done = read().catch(() => undefined);
  return {
    state,
    async stop() {
      ending.abort();
      await done;
    },
  };
}

/** Steps of the training loss in the file. */
function stepsInFile(): number[] {
  const lines = readFileSync(join(run, "metrics.jsonl"), "utf8").split("\n").slice(0, -1);
  return lines
    .map((line) => JSON.parse(line) as MetricEvent)
    .filter(({ name, split }) => name === "loss" && split === "train")
    .map(({ step }) => step);
}

const patience = { timeout: 60_000, interval: 50 };
const entryOf = async (): Promise<RunEntry | undefined> =>
  (await server.json<RunList>("/data/runs.json")).runs.find(({ id }) => id === "live");
const stepsOf = ({ series }: MetricTable): readonly number[] =>
  series.find(({ name, split }) => name === "loss" && split === "train")?.steps ?? [];

test("new points arrive within two seconds; a killed run is stopped; a resumed one continues without duplicates", async () => {
  startTraining(join(folder.path, "tiny.yaml"), "train.max_steps=100000", "train.eval_every=50");
  await expect.poll(async () => (await entryOf())?.step, patience).toBeGreaterThan(0);
  const table = await server.json<MetricTable>("/data/runs/live/metrics.json");
  const page = follow(table.cursor);
  await expect.poll(() => page.state.steps.length, patience).toBeGreaterThan(0);
  expect(page.state.entry).toMatchObject({ state: "training", system: "diff-moe" });
  for (let look = 0; look < 3; look++) {
    const written = stepsInFile().at(-1)!;
    const since = Date.now();
    await expect.poll(() => page.state.steps.at(-1), patience).toBeGreaterThanOrEqual(written);
    expect(Date.now() - since).toBeLessThan(2000);
  }

  training!.kill("SIGKILL");
  await expect.poll(() => page.state.entry?.state, patience).toBe("stopped");
  const known = [...stepsOf(table), ...page.state.steps];
  expect(known).toEqual(stepsInFile());
  expect(page.state.resets).toBe(0);

  startTraining("--resume");
  await expect.poll(() => page.state.resets, patience).toBe(1);
  await expect.poll(() => page.state.entry?.state, patience).toBe("training");
  const killedAt = known.at(-1)!;
  await expect.poll(() => page.state.steps.at(-1), patience).toBeGreaterThan(killedAt);
  const again = await server.json<MetricTable>("/data/runs/live/metrics.json");
  const steps = stepsOf(again);
  expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  expect(steps.at(-1)).toBeGreaterThan(killedAt);
  await page.stop();
}, 180_000);

test("a run replaced with --overwrite starts again", async () => {
  training!.kill("SIGKILL");
  await expect.poll(async () => (await entryOf())?.state, patience).toBe("stopped");
  const before = await server.json<MetricTable>("/data/runs/live/metrics.json");
  const page = follow(before.cursor);
  const overwrite = [join(folder.path, "tiny.yaml"), "train.max_steps=4", "--overwrite"];
  startTraining(...overwrite, "train.eval_every=2", "train.checkpoint_every=2");
  await expect.poll(() => page.state.entry?.state, patience).toBe("finished");
  expect(page.state.resets).toBeGreaterThanOrEqual(1);
  const table = await server.json<MetricTable>("/data/runs/live/metrics.json");
  expect(stepsOf(table)).toEqual(stepsInFile());
  expect(stepsOf(table).at(-1)).toBe(4);
  const view = await server.json<object>("/data/runs/live/run.json");
  expect(view).toMatchObject({ hasRecord: true, hasModel: true });
  await page.stop();
}, 180_000);
