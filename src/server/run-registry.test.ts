import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { UserError } from "../graph/errors.ts";
import type { RunList } from "../inspect/types/view.ts";
import { freeId, openRuns } from "./run-registry.ts";
import {
  event,
  lines,
  type TestFolder,
  testFolder,
  testServer,
  writePage,
  writeRun,
} from "./server.fixture.ts";

let folder: TestFolder;
let page: string;
beforeAll(() => {
  folder = testFolder();
  page = writePage(folder.at("page"));
});
afterAll(() => folder[Symbol.dispose]());

test("a folder includes the runs in it, also later ones and a removed one", async () => {
  const parent = folder.at("many");
  writeRun(folder.at("many", "a"));
  writeRun(folder.at("many", "cells", "photo"));
  writeRun(folder.at("many", ".hidden"));
  writeRun(folder.at("many", "odd name (1)"));
  await using own = await testServer(page, [parent]);
  const ids = async (): Promise<string[]> =>
    (await own.json<RunList>("/data/runs.json")).runs.map(({ id }) => id);
  expect(await ids()).toEqual(["a", "cells-photo", "odd-name-1"]);
  writeRun(folder.at("many", "b"));
  rmSync(folder.at("many", "a"), { recursive: true });
  await expect.poll(ids, { timeout: 5000 }).toEqual(["b", "cells-photo", "odd-name-1"]);
  expect((await own.get("/data/runs/a/run.json")).status).toBe(404);
  writeRun(folder.at("many", "a"));
  await expect.poll(ids, { timeout: 5000 }).toContain("a");
});

test("equal names get different ids", async () => {
  const first = writeRun(folder.at("x", "same"));
  const second = writeRun(folder.at("y", "SAME"));
  await using own = await testServer(page, [first, second, first]);
  const { runs } = await own.json<RunList>("/data/runs.json");
  expect(runs.map(({ id, name }) => [id, name])).toEqual([
    ["same", "same"],
    ["SAME-2", "SAME"],
  ]);
});

test("states: finished with a summary of the last step, stopped if it continued after it", async () => {
  const path = writeRun(folder.at("runs", "states"));
  const state = async () => (await server2.json<RunList>("/data/runs.json")).runs[0]!.state;
  await using server2 = await testServer(page, [path]);
  expect(await state()).toBe("stopped");
  writeFileSync(folder.at("runs", "states", "summary.json"), '{"steps":1,"validation":{"loss":1}}');
  expect(await state()).toBe("finished");
  appendFileSync(folder.at("runs", "states", "metrics.jsonl"), lines(event(2)));
  expect(await state()).toBe("stopped");
});

test("an empty folder waits for runs", async () => {
  mkdirSync(folder.at("empty"));
  await using own = await testServer(page, [folder.at("empty")]);
  expect((await own.json<RunList>("/data/runs.json")).runs).toEqual([]);
  writeRun(folder.at("empty", "first"));
  const ids = async () => (await own.json<RunList>("/data/runs.json")).runs.map(({ id }) => id);
  await expect.poll(ids, { timeout: 5000 }).toEqual(["first"]);
});

test("a path that is not a run is rejected with one sentence", async () => {
  await expect(openRuns([folder.at("none")])).rejects.toThrow(/none does not exist; give a folder/);
  const refused = await openRuns([page]).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(UserError);
  expect(refused).toMatchObject({ exitCode: 2, message: expect.stringContaining("contains none") });
});

test("ids are valid in URLs and in file names on every system", () => {
  const taken = new Set<string>();
  const names = ["../..", "a/b", "été", "x".repeat(300), "CON", "con", "...", "a b"];
  expect(names.map((name) => freeId(name, taken))).toEqual([
    "run",
    "a-b",
    "t",
    "x".repeat(80),
    "CON",
    "con-2",
    "run-2",
    "a-b-2",
  ]);
});
