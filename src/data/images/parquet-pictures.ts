/** Pictures in a column of a Parquet file: bytes, or paths. */

import type { ParquetColumns } from "../../formats/parquet/parquet.ts";
import type { ParquetType } from "../../formats/parquet/parquet-schema.ts";
import { usageError } from "../../graph/errors.ts";
import { imageColumns } from "./captioned/caption-rows.ts";
import { BrokenImageError } from "./decode/decode.ts";
import { type FolderOptions, readPicture } from "./folder-files.ts";

/** The columns of a file that can be read, with their types. */
export type KnownColumns = ReadonlyMap<string, ParquetType>;

/** The columns that a picture is read from. */
export interface PictureColumn {
  readonly columns: ParquetColumns;
  /** The column of bytes; absent if the file has paths alone. */
  readonly bytes?: string;
  /** The column of paths. */
  readonly path?: string;
}

/**
 * The column of pictures: the one asked for, a known name, or the only column of bytes.
 *
 * @throws UserError (exit code 2) if there is none
 */
export function pictureColumn(
  path: string,
  known: KnownColumns,
  given: string | undefined,
): PictureColumn {
  const bytesOf = (name: string): string | undefined =>
    [`${name}.bytes`, name].find((one) => known.get(one) === "bytes");
  if (given !== undefined) {
    const found = bytesOf(given);
    if (found !== undefined) return ofBytes(known, found);
    if (known.get(given) === "string") return { columns: { [given]: "string?" }, path: given };
    throw unknownColumn(path, known, "pictures", "image", given);
  }
  const blobs = [...known.keys()].filter((name) => known.get(name) === "bytes");
  const named = imageColumns.map(bytesOf).find((name) => name !== undefined);
  const bytes = named ?? (blobs.length === 1 ? blobs[0] : undefined);
  if (bytes !== undefined) return ofBytes(known, bytes);
  const listed = imageColumns.find((name) => known.get(name) === "string");
  if (listed !== undefined) return { columns: { [listed]: "string?" }, path: listed };
  throw unknownColumn(path, known, "pictures", "image", undefined);
}

/** A field `bytes` may be empty and the field `path` beside it name a file instead. */
function ofBytes(known: KnownColumns, bytes: string): PictureColumn {
  const path = bytes.endsWith(".bytes") ? `${bytes.slice(0, -6)}.path` : undefined;
  if (path === undefined || known.get(path) !== "string") {
    return { columns: { [bytes]: "bytes" }, bytes };
  }
  return { columns: { [bytes]: "bytes", [path]: "string?" }, bytes, path };
}

/** The bytes of the picture of a row; paths start at `folder`. */
export function readCell(
  { bytes, path }: PictureColumn,
  row: Readonly<Record<string, unknown>>,
  folder: string,
  options: FolderOptions,
): Uint8Array | Promise<Uint8Array> {
  const inside = bytes === undefined ? undefined : (row[bytes] as Uint8Array);
  const name = path === undefined ? null : (row[path] as string | null);
  if (inside !== undefined && (inside.length > 0 || name === null)) return inside;
  if (name === null) throw new BrokenImageError("its path is missing");
  return readPicture(folder, name, options);
}

/** A sentence with the columns that there are. */
export function unknownColumn(
  path: string,
  known: KnownColumns,
  what: string,
  key: string,
  given: string | readonly string[] | undefined,
): Error {
  const missing = given === undefined ? "that is known" : `named ${[given].flat().join(", ")}`;
  const columns = [...known].map(([name, type]) => `${name} of ${type}`).join(", ");
  return usageError(
    `${path} has no column of ${what} ${missing}; name it with data.columns.${key} (${columns})`,
  );
}
