import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readJsonFile } from "./json-file.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-json-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "a.json");

test("a JSON file is read up to its limit", async () => {
  writeFileSync(path, '{"a": 1}');
  expect(await readJsonFile(path, 8)).toEqual({ a: 1 });
  await expect(readJsonFile(path, 7)).rejects.toThrow(/^it has 8 bytes, more than 7$/);
});

test("other content and missing files are refused", async () => {
  writeFileSync(path, "{");
  await expect(readJsonFile(path, 8)).rejects.toThrow(/^it is no JSON: /);
  await expect(readJsonFile(join(folder, "none"), 8)).rejects.toThrow("ENOENT");
});
