import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { parquetWriteFile } from "hyparquet-writer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writePictures } from "../../data/images/pictures.fixture.ts";
import { openParquet, type ParquetColumns } from "./parquet.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "moesaic-parquet-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const hint = "get it";
const bytes = [1, 2, 3, 4, 5].map((value) => new Uint8Array(value).fill(value));
const columns = { label: [4, 3, 2, 1, 0], caption: ["a", "b", "ü", "d", "e"] };

async function readAll<const Columns extends ParquetColumns>(path: string, wanted: Columns) {
  const file = await openParquet(path, wanted, { hint });
  const groups = [];
  for await (const rows of file.groups()) groups.push(rows);
  return groups;
}

test.each(["UNCOMPRESSED", "SNAPPY"] as const)(
  "rows are yielded by row group, from files with codec %s",
  async (codec) => {
    const path = join(folder, `${codec}.parquet`);
    writePictures(path, "image", bytes, columns, codec);
    const groups = await readAll(path, {
      "image.bytes": "bytes",
      label: "integer",
      caption: "string",
    });
    expect(groups.map((rows) => rows.length)).toEqual([2, 2, 1]);
    expect(groups[1]).toEqual([
      { "image.bytes": bytes[2], label: 2, caption: "ü" },
      { "image.bytes": bytes[3], label: 1, caption: "d" },
    ]);
  },
);

test("gzip is read", async () => {
  const path = join(folder, "gzip.parquet");
  parquetWriteFile({
    filename: path,
    codec: "GZIP",
    compressors: { GZIP: (input) => new Uint8Array(gzipSync(input)) },
    columnData: [{ name: "label", data: new Array(50).fill(7), type: "INT32" }],
  });
  const [rows] = await readAll(path, { label: "integer" });
  expect(rows).toEqual(new Array(50).fill({ label: 7 }));
});

test("a null picture is read as empty bytes; other nulls are reported with file, column and row", async () => {
  const path = join(folder, "null.parquet");
  parquetWriteFile({
    filename: path,
    rowGroupSize: 2,
    columnData: [
      { name: "bytes", data: [bytes[0], bytes[1], null], type: "BYTE_ARRAY" },
      { name: "label", data: [0, 1, null], type: "INT32" },
    ],
  });
  expect((await readAll(path, { bytes: "bytes" }))[1]).toEqual([{ bytes: new Uint8Array(0) }]);
  await expect(readAll(path, { label: "integer" })).rejects.toThrow(
    `${path}: column label, row 2: expected an integer, got nothing`,
  );
});

test("missing columns and columns of other types are reported", async () => {
  const path = join(folder, "types.parquet");
  writePictures(path, "image", bytes, columns);
  await expect(readAll(path, { labels: "integer" })).rejects.toThrow(
    `${path} has no column labels; its columns are image.bytes, image.path, label, caption`,
  );
  await expect(readAll(path, { caption: "integer" })).rejects.toThrow(
    "column caption must hold integers, but it holds UTF8",
  );
  await expect(readAll(path, { label: "string" })).rejects.toThrow(
    "column label must hold text, but it holds INT64",
  );
  await expect(readAll(path, { image: "bytes" })).rejects.toThrow(
    "column image must hold bytes, but it holds a group",
  );
});

test("missing, truncated and damaged files are reported", async () => {
  const path = join(folder, "whole.parquet");
  const wanted = { "image.bytes": "bytes", label: "integer" } as const;
  await expect(readAll(path, wanted)).rejects.toThrow(`${path} is missing; get it`);
  writePictures(path, "image", bytes, columns);
  const whole = readFileSync(path);
  const refused = `${path} is not a valid Parquet file`;

  truncateSync(path, whole.length - 40);
  await expect(readAll(path, wanted)).rejects.toThrow(
    `${refused}: it does not end with PAR1, so it is truncated; download it again`,
  );
  writeFileSync(path, whole.subarray(0, 8));
  await expect(readAll(path, wanted)).rejects.toThrow(`${refused}: it has only 8 bytes`);
  writeFileSync(path, Buffer.concat([Buffer.from("GIF8"), whole.subarray(4)]));
  await expect(readAll(path, wanted)).rejects.toThrow("it does not start with PAR1");

  const long = Buffer.from(whole);
  long.writeUInt32LE(2 ** 31, long.length - 8);
  writeFileSync(path, long);
  await expect(readAll(path, wanted)).rejects.toThrow(
    `its footer claims 2147483648 bytes in a file of ${whole.length}`,
  );
  // Without the pages that the footer points to.
  writeFileSync(path, Buffer.concat([whole.subarray(0, 4), whole.subarray(-700)]));
  await expect(readAll(path, wanted)).rejects.toThrow(refused);
});

test("every single damaged byte gives values or a clear error", async () => {
  const path = join(folder, "fuzz.parquet");
  writePictures(path, "image", bytes.slice(0, 2), { label: [1, 2] });
  const whole = readFileSync(path);
  let refused = 0;
  for (let at = 0; at < whole.length; at++) {
    const damaged = Buffer.from(whole);
    damaged[at]! ^= 0xff;
    writeFileSync(path, damaged);
    try {
      await readAll(path, { "image.bytes": "bytes", label: "integer" });
    } catch (error) {
      refused++;
      expect((error as Error).message.startsWith(path), `byte ${at}: ${error}`).toBe(true);
    }
  }
  expect(refused).toBeGreaterThan(100);
});

test("rows and sizes are bounded", async () => {
  const path = join(folder, "bounds.parquet");
  writePictures(path, "image", bytes, columns);
  const open = (limits: object) =>
    openParquet(path, { "image.bytes": "bytes" }, { hint, ...limits });
  await expect(open({ maxRows: 4 })).rejects.toThrow(`${path} has 5 rows, more than 4`);
  await expect(open({ maxGroupBytes: 20 })).rejects.toThrow(
    /row group 0 takes \d+ bytes, more than 20; write it with smaller row groups/,
  );
});
