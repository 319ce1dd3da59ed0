/** Pictures and captions from Parquet files. */

import type { ParquetColumns } from "../../../formats/parquet.ts";
import type { ParquetType } from "../../../formats/parquet-schema.ts";
import { UserError, usageError } from "../../../graph/errors.ts";
import { openShardFiles, type ShardedRow } from "../shards.ts";
import type { EncodedSample } from "../store.ts";
import { type CaptionPairs, type PairOptions, pairsOfRows } from "./caption-pairs.ts";
import {
  type CaptionColumns,
  type CaptionRow,
  captionLimits,
  captionNames,
  imageColumns,
} from "./caption-rows.ts";

/** The columns that can be read, with their types. */
type KnownColumns = ReadonlyMap<string, ParquetType>;

/**
 * Opens Parquet files as one table. Pictures are the bytes of a column, or of the field `bytes` of one;
 * or paths within `folder`; rows that name the same path are one sample. Captions are one
 * column, several, or a column of lists.
 */
export async function openParquetPairs(
  paths: readonly string[],
  folder: string,
  columns: CaptionColumns | undefined,
  options: PairOptions,
): Promise<CaptionPairs> {
  const path = paths[0]!;
  const { hint } = options;
  const { parquetColumns } = await import("../../../formats/parquet.ts");
  const known = await parquetColumns(path, { hint });
  const image = pictureColumn(path, known, columns ?? {});
  const captions = captionNames([...known.keys()], columns ?? {});
  if (captions.length === 0) throw unknown(path, known, "captions", columns?.captions);
  const wanted: ParquetColumns = Object.fromEntries(
    captions.map((name) => [name, known.get(name) === "strings" ? "strings" : "string"]),
  );
  const isPath = known.get(image) === "string";
  const table = await openShardFiles(
    paths,
    { ...wanted, [image]: isPath ? "string" : "bytes" },
    { maxRows: captionLimits.maxRows, hint },
  );
  if (isPath) {
    const rows: CaptionRow[] = [];
    for await (const one of table.rows()) {
      if (rows.length === captionLimits.maxRows) {
        throw new UserError(`${path} and its like have more than ${rows.length} rows`);
      }
      const name = one.row[image] as string;
      rows.push({ line: one.index, image: name, encoding: "path", captions: texts(one, captions) });
    }
    return pairsOfRows(rows, path, folder, options);
  }
  async function* read(members: Uint32Array): AsyncGenerator<EncodedSample> {
    const chosen = new Set(members);
    for await (const one of table.rows()) {
      if (!chosen.has(one.index)) continue;
      const bytes = one.row[image] as Uint8Array;
      yield { source: one.source, captions: texts(one, captions), read: () => bytes };
    }
  }
  return { length: table.numRows, read };
}

/** The column of pictures: the one asked for, a known name, or the only column of bytes. */
function pictureColumn(path: string, known: KnownColumns, columns: CaptionColumns): string {
  if (columns.encoding === "base64") {
    throw usageError(`${path}: base64 is not read from Parquet; store the bytes themselves`);
  }
  const bytesOf = (name: string): string | undefined =>
    [`${name}.bytes`, name].find((one) => known.get(one) === "bytes");
  const given = columns.image;
  if (given !== undefined) {
    const found = bytesOf(given) ?? (known.get(given) === "string" ? given : undefined);
    if (found !== undefined) return found;
    throw unknown(path, known, "image", given);
  }
  const blobs = [...known.keys()].filter((name) => known.get(name) === "bytes");
  const named = imageColumns.map(bytesOf).find((name) => name !== undefined);
  const found = named ?? (blobs.length === 1 ? blobs[0] : undefined);
  const listed = imageColumns.find((name) => known.get(name) === "string");
  const column = found ?? listed;
  if (column !== undefined) return column;
  throw unknown(path, known, "image", undefined);
}

function texts({ row, source }: ShardedRow<ParquetColumns>, columns: readonly string[]): string[] {
  return columns.flatMap((name) => {
    const all = [row[name] as string | readonly string[]].flat().map((text) => text.trim());
    if (all.length > 0 && !all.includes("")) return all;
    const found = all.length === 0 ? "an empty list" : "an empty text";
    throw new UserError(`${source}: ${name} must hold captions, got ${found}`);
  });
}

function unknown(
  path: string,
  known: KnownColumns,
  key: "image" | "captions",
  given: CaptionColumns["captions"],
): UserError {
  const what = key === "image" ? "pictures" : "captions";
  const missing = given === undefined ? "that is known" : `named ${[given].flat().join(", ")}`;
  const columns = [...known].map(([name, type]) => `${name} of ${type}`).join(", ");
  return usageError(
    `${path} has no column of ${what} ${missing}; name it with data.columns.${key} (${columns})`,
  );
}
