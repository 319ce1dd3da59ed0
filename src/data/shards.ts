/** Data sets in Parquet files named as on the Hugging Face hub: `<part>-00000-of-00005.parquet`. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { ParquetColumns, ParquetRow } from "../formats/parquet/parquet.ts";
import { UserError, usageError } from "../graph/errors.ts";
import type { Split } from "./dataset.ts";
import { splitNames } from "./images/split-folders.ts";

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

/** Where the Hub puts the files within a repository. */
const places = ["", "data", "plain_text"] as const;

/**
 * The Parquet files of a split in `folder`, in order; empty if there are none. Known are
 * train-00000-of-00005.parquet, with a hash before the ending or not, train.parquet, and all files in a
 * folder train/, such as 0000.parquet. They may lie in `data`, `plain_text`, or the folder of a
 * configuration.
 *
 * @throws UserError (exit code 2) if some of the files are missing, or several configurations have files
 */
export async function findShards(folder: string, part: Split): Promise<string[]> {
  for (const place of places) {
    const found = await shardsIn(join(folder, place), part);
    if (found.length > 0) return found;
  }
  const configurations: { readonly name: string; readonly found: string[] }[] = [];
  for (const name of (await namesIn(folder)).sort()) {
    if (name.startsWith(".")) continue;
    const found = await shardsIn(join(folder, name), part);
    if (found.length > 0) configurations.push({ name, found });
  }
  if (configurations.length < 2) return configurations[0]?.found ?? [];
  const names = configurations.map(({ name }) => name).join(", ");
  throw usageError(
    `${folder} has Parquet files of the ${part} split in several folders, ${names}; name one of these folders instead, or the files with data.files`,
  );
}

function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

async function shardsIn(place: string, part: Split): Promise<string[]> {
  const names = await namesIn(place);
  const isPart = (name: string): boolean =>
    (splitNames[part] as readonly string[]).includes(name.toLowerCase());
  const numbered = names.flatMap((name) => {
    const match = /^(\w+)-(\d{5})-of-(\d{5})(?:-\w+)?\.parquet$/.exec(name);
    return match && isPart(match[1]!) ? [{ name, number: +match[2]!, of: +match[3]! }] : [];
  });
  if (numbered.length > 0) return checkNumbers(place, part, numbered);
  const single = names.find((name) => name.endsWith(".parquet") && isPart(name.slice(0, -8)));
  if (single !== undefined) return [join(place, single)];
  const inner = names.find(isPart);
  if (inner === undefined) return [];
  const files = (await namesIn(join(place, inner)))
    .filter((name) => name.endsWith(".parquet"))
    .sort();
  const counted = files.flatMap((name) =>
    /^\d+\.parquet$/.test(name) ? [parseInt(name, 10)] : [],
  );
  const missing = counted.findIndex((number, at) => number !== at);
  if (counted.length === files.length && missing >= 0) {
    throw usageError(
      `${join(place, inner)}: file ${missing} of ${counted.at(-1)! + 1} is missing; only these exist: ${files.join(", ")}`,
    );
  }
  return files.map((name) => join(place, inner, name));
}

function checkNumbers(
  place: string,
  part: Split,
  found: { readonly name: string; readonly number: number; readonly of: number }[],
): string[] {
  const { of } = found[0]!;
  found.sort((a, b) => a.number - b.number);
  const complete = found.length === of && found.every((one, i) => one.number === i);
  if (complete) return found.map(({ name }) => join(place, name));
  const there = found.map(({ name }) => name).join(", ");
  throw usageError(`${place}: ${part} has ${of} files, but only these exist: ${there}`);
}

/**
 * Opens all shards of a part.
 *
 * @param options `hint` says how to get missing files
 * @throws UserError (exit code 2) for missing files
 */
export async function openShards<const Columns extends ParquetColumns>(
  folder: string,
  part: Split,
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
  const { openParquet } = await import("../formats/parquet/parquet.ts");
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
 * The label, checked to be a class.
 *
 * @param source of the label, for messages
 * @throws UserError for a label that is not a class
 */
export function checkLabel(label: number, numClasses: number, source: string): number {
  if (label >= 0 && label < numClasses) return label;
  throw new UserError(`${source}: label ${label} is not within 0 to ${numClasses - 1}`);
}
