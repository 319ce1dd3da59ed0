import { existsSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeFolder } from "./make-folder.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "make-folder-"));
});
afterAll(() => rm(root, { recursive: true }));

test("folders are made with those above them, and may exist", async () => {
  const path = join(root, "a", "b", "c");
  await makeFolder(path);
  await makeFolder(path);
  expect((await stat(path)).isDirectory()).toBe(true);
});

test("a file in the way is named", async () => {
  const file = join(root, "file");
  await writeFile(file, "");
  await expect(makeFolder(file)).rejects.toThrow(`${file}: a file has this name (EEXIST)`);
  await expect(makeFolder(join(file, "x"))).rejects.toThrow("takes no folders (ENOTDIR)");
});

test.runIf(existsSync("/proc/self"))("a file system without new folders ends the search", () =>
  expect(makeFolder("/proc/nope/x")).rejects.toThrow(
    "cannot make the folder /proc/nope: /proc takes no folders (ENOENT); choose another",
  ),
);
