/** Writes embeddings as NumPy or Parquet files. */
import { existsSync } from "node:fs";
import { dirname, extname } from "node:path";
import type { Embeddings } from "../../evaluate/similarity.ts";
import { encodeNpy } from "../../formats/npy.ts";
import { requiredColumn } from "../../formats/parquet/parquet-columns.ts";
import { usageError } from "../../graph/errors.ts";
import { writeFileAtomically } from "../files.ts";

/** Embeddings with one row of metadata each. */
export interface EmbeddingTable {
  readonly embeddings: Embeddings; // [N, P]
  /** Metadata columns by name, `[N]` each: integers or texts. */
  readonly columns: Readonly<Record<string, readonly number[] | readonly string[]>>;
  /** Metadata of the table: the source of the rows. */
  readonly about: Readonly<Record<string, unknown>>;
}

/**
 * Checks the output path before anything is computed.
 *
 * @throws UserError (exit code 2) if the extension is unknown or the folder does not exist
 */
export function checkEmbeddingFile(path: string): void {
  const ending = extname(path);
  if (ending !== ".npy" && ending !== ".parquet") {
    throw usageError(
      `embeddings are written to a file ending in .npy or .parquet, got ${path}; rename it`,
    );
  }
  if (!existsSync(dirname(path))) {
    throw usageError(`the folder ${dirname(path)} does not exist; create it, or choose another`);
  }
}

/**
 * Writes a table in the format of the extension of `path`, atomically.
 *
 * - `.npy`: `float32` `[N, P]`, and the same name with extension `.json`: an object with the fields of
 *   `about`, `width`, and `rows`, the metadata of every row.
 * - `.parquet`: the columns, and `embedding`, a list of `P` floats; `about` as JSON under the key
 *   `moesaic`.
 *
 * @returns the files written
 */
export async function writeEmbeddings(path: string, table: EmbeddingTable): Promise<string[]> {
  checkEmbeddingFile(path);
  if (path.endsWith(".parquet")) {
    await writeFileAtomically(path, [await encodeParquet(table)]);
    return [path];
  }
  const { embeddings, columns, about } = table;
  const { width } = embeddings;
  const data = Float32Array.from(embeddings.data);
  const numRows = data.length / width;
  const rows = Array.from({ length: numRows }, (_, row) =>
    Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, values[row]])),
  );
  const beside = path.replace(/\.npy$/, ".json");
  await writeFileAtomically(path, [encodeNpy({ dtype: "float32", shape: [numRows, width], data })]);
  await writeFileAtomically(beside, `${JSON.stringify({ ...about, width, rows }, null, 1)}\n`);
  return [path, beside];
}

async function encodeParquet({ embeddings, columns, about }: EmbeddingTable): Promise<Uint8Array> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const { width, data } = embeddings;
  const numRows = data.length / width;
  const numbers = Array.from(data);
  const rows = Array.from({ length: numRows }, (_, row) =>
    numbers.slice(row * width, (row + 1) * width),
  );
  const names = Object.keys(columns);
  const isNumber = (name: string): boolean => typeof columns[name]![0] === "number";
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        ...names.map((name) => ({ name, data: [...columns[name]!] })),
        { name: "embedding", data: rows },
      ],
      schema: [
        { name: "root", num_children: names.length + 1 },
        ...names.map((name) => requiredColumn(name, isNumber(name) ? "INT32" : "UTF8")),
        // A Parquet list has three schema levels: list, repetition, element.
        { name: "embedding", repetition_type: "REQUIRED", converted_type: "LIST", num_children: 1 },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        requiredColumn("element", "FLOAT"),
      ],
      kvMetadata: [{ key: "moesaic", value: JSON.stringify(about) }],
    }),
  );
}
