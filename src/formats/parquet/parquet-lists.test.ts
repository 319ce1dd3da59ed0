import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openParquet, type ParquetColumns, parquetColumns } from "./parquet.ts";

const hint = "get it";
const fixture = (version: 1 | 2): string =>
  fileURLToPath(new URL(`../fixtures/caption-lists-v${version}.parquet`, import.meta.url));

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "moesaic-parquet-lists-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function readAll<const Columns extends ParquetColumns>(path: string, wanted: Columns) {
  const file = await openParquet(path, wanted, { hint });
  const rows = [];
  for await (const group of file.groups()) rows.push(...group);
  return rows;
}

test.each([1, 2] as const)("lists of texts of pyarrow, data pages version %i", async (version) => {
  const path = fixture(version);
  expect([...(await parquetColumns(path, { hint }))]).toEqual([
    ["picture.bytes", "bytes"],
    ["picture.path", "string"],
    ["sentences", "strings"],
    ["odd", "strings"],
  ]);
  const rows = await readAll(path, { sentences: "strings", "picture.bytes": "bytes" });
  expect(rows.map(({ sentences }) => sentences)).toEqual([
    ["zero", "nought"],
    ["one"],
    ["two", "deux", "zwei"],
    ["three"],
    ["vier", "four"],
  ]);
  expect(Buffer.from(rows[4]!["picture.bytes"].subarray(1, 4)).toString()).toBe("PNG");
  await expect(readAll(path, { odd: "strings" })).rejects.toThrow(
    "column odd, row 1: expected a list of texts, got nothing",
  );
  await expect(readAll(path, { nested: "strings" })).rejects.toThrow(
    "column nested must hold lists of text, but it holds LIST",
  );
  await expect(readAll(path, { sentences: "string" })).rejects.toThrow(
    "column sentences must hold text, but it holds LIST",
  );
});

test.each([1, 2] as const)(
  "a damaged byte gives values or a clear error, pages version %i",
  async (version) => {
    const path = join(folder, "fuzz.parquet");
    const whole = readFileSync(fixture(version));
    let refused = 0;
    for (let at = 0; at < whole.length; at += 11) {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0xff;
      writeFileSync(path, damaged);
      try {
        await readAll(path, { sentences: "strings" });
      } catch (error) {
        refused++;
        expect((error as Error).message.startsWith(path), `byte ${at}: ${error}`).toBe(true);
      }
    }
    expect(refused).toBeGreaterThan(20);
  },
);
