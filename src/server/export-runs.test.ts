import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type AppFiles, readAppFiles } from "./app-files.ts";
import { exportRuns } from "./export-runs.ts";
import { openRuns } from "./run-registry.ts";
import { type TestFolder, testFolder, writePage, writeRun } from "./server.fixture.ts";

let folder: TestFolder;
let files: AppFiles;
beforeEach(async () => {
  folder = testFolder();
  files = await readAppFiles(writePage(folder.at("page")));
  writeRun(folder.at("runs", "first"));
  writeRun(folder.at("runs", "second"));
  writeFileSync(folder.at("runs", "first", "record.json"), '{"version":1}');
});
afterEach(() => folder[Symbol.dispose]());

const registry = () => openRuns([folder.at("runs")]);
const json = (...names: string[]): unknown => JSON.parse(readFileSync(folder.at(...names), "utf8"));
const filesBelow = (path: string): string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();

test("the page and the data have the server's addresses", async () => {
  const out = folder.at("site");
  const written = await exportRuns({ registry: await registry(), files, out });
  expect(filesBelow(out)).toEqual([
    "assets/index-1a2b3c4d.js",
    "data/runs.json",
    "data/runs/first/metrics.json",
    "data/runs/first/record.json",
    "data/runs/first/run.json",
    "data/runs/second/metrics.json",
    "data/runs/second/run.json",
    "index.html",
  ]);
  expect(written).toMatchObject({ runs: 2, files: 8 });
  expect(json("site", "data", "runs.json")).toMatchObject({
    live: false,
    runs: [{ id: "first" }, { id: "second" }],
  });
  expect(json("site", "data", "runs", "first", "run.json")).toMatchObject({ hasRecord: true });
  const page = readFileSync(folder.at("site", "index.html"), "utf8");
  expect(page).toMatch(
    /<head>\s*<meta http-equiv="Content-Security-Policy" content="default-src 'none'/,
  );
  expect(readdirSync(folder.path).sort()).toEqual(["page", "runs", "site"]);
});

test("a model that cannot be created is skipped with a message", async () => {
  const at = (name: string): string => folder.at("runs", "second", name);
  mkdirSync(at("checkpoints/5"), { recursive: true });
  writeFileSync(at("checkpoints/5/checkpoint.json"), '{"step":5,"score":1}');
  writeFileSync(at("checkpoints/5/model.safetensors"), "no weights");
  writeFileSync(at("model-inputs.json"), "{}");
  const notes: string[] = [];
  const note = (line: string) => void notes.push(line);
  await exportRuns({ registry: await registry(), files, out: folder.at("site"), note });
  expect(notes).toHaveLength(1);
  expect(notes[0]).toMatch(/^second is exported without its model: /);
  expect(json("site", "data", "runs", "second", "run.json")).toMatchObject({ hasModel: false });
});

test("a run whose plug-in is not loaded is exported with a message", async () => {
  writeFileSync(folder.at("runs", "first", "config.yaml"), "recipe: tiny\nplugins: [/own.js]\n");
  const notes: string[] = [];
  const note = (line: string) => void notes.push(line);
  await exportRuns({ registry: await registry(), files, out: folder.at("site"), note });
  expect(notes).toEqual([
    "first: its plug-in /own.js is not loaded, so its model cannot be used; pass --plugin /own.js to moesaic inspect if you trust it",
  ]);
});

test("an earlier export is replaced completely; an empty folder is filled", async () => {
  const out = folder.at("site");
  mkdirSync(out);
  await exportRuns({ registry: await registry(), files, out });
  writeFileSync(folder.at("site", "old.txt"), "");
  await exportRuns({ registry: await openRuns([folder.at("runs", "second")]), files, out });
  expect(filesBelow(out)).not.toContain("old.txt");
  expect(existsSync(folder.at("site", "data", "runs", "first"))).toBe(false);
});

test("a folder with other files is unchanged", async () => {
  const out = folder.at("mine");
  mkdirSync(out);
  writeFileSync(folder.at("mine", "thesis.txt"), "years of work");
  await expect(exportRuns({ registry: await registry(), files, out })).rejects.toThrow(
    /mine is not empty and not an earlier export; choose another --out, or empty it/,
  );
  await expect(
    exportRuns({ registry: await registry(), files, out: folder.at("mine", "thesis.txt") }),
  ).rejects.toThrow("is a file; choose another --out");
  await expect(
    exportRuns({ registry: await registry(), files, out: folder.at("none", "site") }),
  ).rejects.toThrow(/there is no folder .*none/);
  expect(filesBelow(out)).toEqual(["thesis.txt"]);
});

test("a failure keeps the earlier export and leaves no partial one", async () => {
  const out = folder.at("site");
  await exportRuns({ registry: await registry(), files, out });
  const before = filesBelow(out);
  const opened = await registry();
  const full = {
    ...opened,
    runs: () => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" })),
  };
  await expect(exportRuns({ registry: full, files, out })).rejects.toThrow(
    /no space is left on the disk while writing .*site/,
  );
  expect(filesBelow(out)).toEqual(before);
  expect(readdirSync(folder.path).sort()).toEqual(["page", "runs", "site"]);
});

test.skipIf(process.getuid?.() === 0)("a folder without write permission is reported", async () => {
  mkdirSync(folder.at("locked"), { mode: 0o500 });
  const out = folder.at("locked", "site");
  await expect(exportRuns({ registry: await registry(), files, out })).rejects.toThrow(
    "permission",
  );
  chmodSync(folder.at("locked"), 0o700);
});
