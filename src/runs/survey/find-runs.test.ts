import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { findRuns } from "./find-runs.ts";

const root = mkdtempSync(join(tmpdir(), "moesaic-find-"));
afterAll(() => rmSync(root, { recursive: true }));
const isRun = (folder: string): boolean => existsSync(join(folder, "config.yaml"));

test("finds runs to a depth, none below a run, and lists what it skips", async () => {
  for (const path of ["b/run10", "b/run9", "a", "a/inner", "x/y/z/deep", ".hidden"]) {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, path, "config.yaml"), "");
  }
  symlinkSync("a", join(root, "link"));
  symlinkSync("nowhere", join(root, "dangling"));
  symlinkSync("circle", join(root, "circle"));
  symlinkSync("a/config.yaml", join(root, "file"));
  const found = await findRuns(root, { isRun, maxDepth: 3 });
  const at = (...names: string[]) => names.map((name) => join(root, name));
  expect(found).toEqual({
    runs: at("a", "b/run9", "b/run10"),
    links: at("link"),
    unreadable: [],
    unvisited: at("x/y/z"),
  });
  expect((await findRuns(join(root, "a"), { isRun, maxDepth: 0 })).runs).toEqual(at("a"));
});

test("a path that is no folder is listed with the reason", async () => {
  const path = join(root, "a", "config.yaml");
  const { unreadable } = await findRuns(path, { isRun: () => false, maxDepth: 1 });
  expect(unreadable).toEqual([{ path, reason: "ENOTDIR" }]);
});
