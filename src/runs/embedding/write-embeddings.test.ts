import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { afterAll, expect, test } from "vitest";
import { decodeNpy } from "../../formats/npy.ts";
import { writeEmbeddings } from "./write-embeddings.ts";

const folder = mkdtempSync(join(tmpdir(), "moesaic-embeddings-"));
afterAll(() => rmSync(folder, { recursive: true }));

const table = {
  embeddings: { width: 2, data: Float32Array.of(0.6, 0.8, 1, 0, 0, -1) },
  columns: { id: [0, 1, 4], caption: ["a cat", "", 'a "dog", é'] },
  about: { run: "runs/x", step: 20 },
};

test("a .npy file, and a description of its rows in another file", async () => {
  const path = join(folder, "x.npy");
  expect(await writeEmbeddings(path, table)).toEqual([path, join(folder, "x.json")]);
  const { shape, data } = decodeNpy(readFileSync(path));
  expect(shape).toEqual([3, 2]);
  expect(data).toEqual(table.embeddings.data);
  expect(JSON.parse(readFileSync(join(folder, "x.json"), "utf8"))).toEqual({
    run: "runs/x",
    step: 20,
    width: 2,
    rows: [
      { id: 0, caption: "a cat" },
      { id: 1, caption: "" },
      { id: 4, caption: 'a "dog", é' },
    ],
  });
});

test("a .parquet file with a list of floats per row", async () => {
  const path = join(folder, "x.parquet");
  expect(await writeEmbeddings(path, table)).toEqual([path]);
  const file = await asyncBufferFromFile(path);
  const rows = await parquetReadObjects({ file });
  expect(rows).toEqual([
    { id: 0, caption: "a cat", embedding: [Math.fround(0.6), Math.fround(0.8)] },
    { id: 1, caption: "", embedding: [1, 0] },
    { id: 4, caption: 'a "dog", é', embedding: [0, -1] },
  ]);
  const { key_value_metadata: about } = await parquetMetadataAsync(file);
  expect(about).toContainEqual({ key: "moesaic", value: '{"run":"runs/x","step":20}' });
});

test("other extensions and missing folders are refused, and no file remains", async () => {
  const before = readdirSync(folder);
  await expect(writeEmbeddings(join(folder, "x.csv"), table)).rejects.toThrow(
    "a file ending in .npy or .parquet",
  );
  await expect(writeEmbeddings(join(folder, "no", "x.npy"), table)).rejects.toThrow(
    "does not exist; create it",
  );
  expect(readdirSync(folder)).toEqual(before);
});
