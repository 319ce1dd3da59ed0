import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openParquet, type ParquetColumns, parquetColumns } from "./parquet.ts";

const hint = "get it";
const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/${name}.parquet`, import.meta.url));
let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "moesaic-parquet-forms-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function readAll<const Columns extends ParquetColumns>(path: string, wanted: Columns) {
  const file = await openParquet(path, wanted, { hint, maxGroupBytes: 2 ** 20 });
  const rows = [];
  for await (const group of file.groups()) rows.push(...group);
  return rows;
}

/** The values of ../fixtures/parquet-forms.py. */
const texts = [
  "prefix one",
  "prefix two",
  null,
  "prefix three",
  "other",
  "prefix four ".repeat(20),
];
const labels = [3, -1, 4, 1, -5, 9];
const columns = { text: "string?", label: "integer" } as const;

const deltas = ["delta-length", "delta-byte-array"].flatMap((name) => [`${name}-v1`, `${name}-v2`]);
const read = ["codec-zstd", "codec-brotli", "codec-lz4", "codec-gzip", ...deltas];

test.each(read)("%s is read", async (name) => {
  const rows = await readAll(fixture(name), columns);
  expect(rows.map(({ text }) => text)).toEqual(texts);
  expect(rows.map(({ label }) => label)).toEqual(labels);
});

test("a null is refused where none is wanted", async () => {
  await expect(readAll(fixture("codec-zstd"), { text: "string" })).rejects.toThrow(
    "column text, row 2: expected text, got nothing",
  );
});

test("names of columns and of fields may contain dots", async () => {
  const path = fixture("codec-zstd");
  expect([...(await parquetColumns(path, { hint })).keys()]).toEqual([
    "text",
    "label",
    "data.text",
    "meta.x.y.z",
    "meta.x.w",
  ]);
  const rows = await readAll(path, { "data.text": "string", "meta.x.y.z": "integer" });
  expect(rows[4]).toEqual({ "data.text": "e", "meta.x.y.z": 4 });
});

test.each([1, 2])("an encoding that is not read is named, pages version %i", async (version) => {
  const path = fixture(`byte-stream-split-v${version}`);
  await expect(readAll(path, columns)).rejects.toThrow(
    `${path}: the encoding BYTE_STREAM_SPLIT is not read; write the column plain`,
  );
});

test.each(read)("a damaged byte of %s gives values or a sentence", async (name) => {
  const whole = readFileSync(fixture(name));
  const path = join(folder, `${name}.parquet`);
  for (let at = 0; at < whole.length; at += 5) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 0xff;
    writeFileSync(path, damaged);
    try {
      await readAll(path, columns);
    } catch (error) {
      expect((error as Error).message.startsWith(path), `byte ${at}: ${error}`).toBe(true);
    }
  }
});
