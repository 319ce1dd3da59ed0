/** Data sets in Parquet files named as on the Hugging Face hub: `<part>-00000-of-00005.parquet`. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ParquetColumns, ParquetRow } from "../../formats/parquet.ts";
import { UserError, usageError } from "../../graph/errors.ts";

/** One row of a table in several files. */
export interface ShardedRow<Columns extends ParquetColumns> {
  readonly row: ParquetRow<Columns>;
  /** Position over all shards. */
  readonly index: number;
  /** File and row, for messages. */
  readonly source: string;
}

/** A table in several files. */
export interface Shards<Columns extends ParquetColumns> {
  readonly numRows: number;
  readonly rows: () => AsyncGenerator<ShardedRow<Columns>>;
}

/** Folders of the files within a repository of the hub. */
const subfolders = ["", "data", "plain_text"] as const;

/**
 * The shards of a part ("train", "test") in `folder`, in order; empty if there are none.
 *
 * @throws UserError (exit code 2) if some files of the part are missing
 */
export async function findShards(folder: string, part: string): Promise<string[]> {
  for (const subfolder of subfolders) {
    const place = join(folder, subfolder);
    const names = await readdir(place).catch(() => [] as string[]);
    const found = names.flatMap((name) => {
      const match = /^(\w+)-(\d{5})-of-(\d{5})\.parquet$/.exec(name);
      return match?.[1] === part ? [{ name, number: +match[2]!, of: +match[3]! }] : [];
    });
    if (found.length === 0) continue;
    const { of } = found[0]!;
    found.sort((a, b) => a.number - b.number);
    const complete = found.length === of && found.every((one, i) => one.number === i);
    if (!complete) {
      const there = found.map(({ name }) => name).join(", ");
      throw usageError(`${place}: ${part} has ${of} files, but only these exist: ${there}`);
    }
    return found.map(({ name }) => join(place, name));
  }
  return [];
}

/**
 * Opens all shards of a part.
 *
 * @param options `hint` explains how to get missing files
 * @throws UserError (exit code 2) for missing files
 */
export async function openShards<const Columns extends ParquetColumns>(
  folder: string,
  part: string,
  columns: Columns,
  options: { readonly maxRows: number; readonly hint: string },
): Promise<Shards<Columns>> {
  const paths = await findShards(folder, part);
  if (paths.length === 0) {
    const expected = join(folder, `${part}-00000-of-00001.parquet`);
    throw usageError(`${expected} is missing; ${options.hint}`);
  }
  return openShardFiles(paths, columns, options);
}

/** Opens Parquet files as one table, in the order of their paths. */
export async function openShardFiles<const Columns extends ParquetColumns>(
  paths: readonly string[],
  columns: Columns,
  options: { readonly maxRows: number; readonly hint: string },
): Promise<Shards<Columns>> {
  // Loaded on demand, because every command reads the definitions of data sets.
  const { openParquet } = await import("../../formats/parquet.ts");
  const files = await Promise.all(paths.map((path) => openParquet(path, columns, options)));
  const numRows = files.reduce((sum, file) => sum + file.numRows, 0);
  async function* rows(): AsyncGenerator<ShardedRow<Columns>> {
    let index = 0;
    for (const file of files) {
      let inFile = 0;
      for await (const group of file.groups()) {
        for (const row of group)
          yield { row, index: index++, source: `${file.path} row ${inFile++}` };
      }
    }
  }
  return { numRows, rows };
}

/**
 * Checks that the label is a class and returns it.
 *
 * @param source of the label, for messages
 * @throws UserError for a label that is not a class
 */
export function checkLabel(label: number, numClasses: number, source: string): number {
  if (label >= 0 && label < numClasses) return label;
  throw new UserError(`${source}: label ${label} is not within 0 to ${numClasses - 1}`);
}
