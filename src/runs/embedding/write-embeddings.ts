/** Embeddings as files that other programs read. */
import { existsSync } from "node:fs";
import { dirname, extname } from "node:path";
import type { Embeddings } from "../../evaluate/similarity.ts";
import { encodeNpy } from "../../formats/npy.ts";
import { usageError } from "../../graph/errors.ts";
import { writeFileAtomically } from "../files.ts";

/** Rows, and for each what it stands for. */
export interface EmbeddingTable {
  readonly embeddings: Embeddings; // [N, P]
  /** By name, `[N]` each: whole numbers or texts. */
  readonly columns: Readonly<Record<string, readonly number[] | readonly string[]>>;
  /** Where the rows come from. */
  readonly about: Readonly<Record<string, unknown>>;
}

/**
 * Refuses a name that cannot be written, before anything is computed.
 *
 * @throws UserError (exit code 2)
 */
export function checkEmbeddingFile(path: string): void {
  const ending = extname(path);
  if (ending !== ".npy" && ending !== ".parquet") {
    throw usageError(
      `embeddings are written to a file ending in .npy or .parquet, got ${path}; rename it`,
    );
  }
  if (!existsSync(dirname(path))) {
    throw usageError(`there is no folder ${dirname(path)}; make it, or name another`);
  }
}

/**
 * Writes a table by the ending of `path`; a file is whole or not there.
 *
 * - `.npy`: `float32` `[N, P]`, and beside it the same name ending in `.json`, an object with what
 *   `about` holds, `width` and `rows`, a list of the other columns of every row.
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
        ...names.map((name) =>
          isNumber(name)
            ? ({ name, type: "INT32", repetition_type: "REQUIRED" } as const)
            : ({
                name,
                type: "BYTE_ARRAY",
                converted_type: "UTF8",
                repetition_type: "REQUIRED",
              } as const),
        ),
        // A list has three levels: itself, its repetition, its element.
        { name: "embedding", repetition_type: "REQUIRED", converted_type: "LIST", num_children: 1 },
        { name: "list", repetition_type: "REPEATED", num_children: 1 },
        { name: "element", type: "FLOAT", repetition_type: "REQUIRED" },
      ],
      kvMetadata: [{ key: "moesaic", value: JSON.stringify(about) }],
    }),
  );
}
