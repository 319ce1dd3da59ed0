/** Checks of a Parquet file before its columns are read. */

import type { AsyncBuffer, FileMetaData } from "hyparquet";
import { UserError } from "../../graph/errors.ts";
import { codecs } from "./parquet-codecs.ts";

const maxFooterBytes = 2 ** 26;

/**
 * Checks the magic bytes at both ends of a Parquet file.
 *
 * @throws UserError if the file is truncated or in another format
 */
export async function checkEnds(path: string, file: AsyncBuffer): Promise<void> {
  const size = file.byteLength;
  if (size < 12) throw damaged(path, `it has only ${size} bytes`);
  const start = Buffer.from(await file.slice(0, 4)).toString("latin1");
  const end = Buffer.from(await file.slice(size - 8, size));
  if (start !== "PAR1") throw damaged(path, "it does not start with PAR1");
  if (end.toString("latin1", 4) !== "PAR1") {
    throw damaged(path, "it does not end with PAR1, so it is truncated");
  }
  const footer = end.readUInt32LE(0);
  if (footer > Math.min(size - 12, maxFooterBytes)) {
    throw damaged(path, `its footer claims ${footer} bytes in a file of ${size}`);
  }
}

/** The number of rows, where the footer agrees with itself. */
export function checkRows(path: string, metadata: FileMetaData, maxRows: number): number {
  const counts = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
  const total = counts.reduce((sum, rows) => sum + rows, 0);
  if (total !== Number(metadata.num_rows) || counts.some((rows) => rows < 0)) {
    throw damaged(path, `it claims ${metadata.num_rows} rows, but its row groups hold ${total}`);
  }
  if (total > maxRows) throw new UserError(`${path} has ${total} rows, more than ${maxRows}`);
  return total;
}

/**
 * Refuses row groups that are too large, outside of the file, or in an unsupported compression.
 *
 * @throws UserError if a row group is invalid
 */
export function checkGroups(
  path: string,
  metadata: FileMetaData,
  topLevel: ReadonlySet<string>,
  maxGroupBytes: number,
  fileBytes: number,
): void {
  metadata.row_groups.forEach((group, index) => {
    let bytes = 0;
    for (const { meta_data: chunk } of group.columns) {
      if (!chunk) throw damaged(path, `row group ${index} lacks the description of a column`);
      if (!topLevel.has(chunk.path_in_schema[0]!)) continue;
      const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
      const packed = Number(chunk.total_compressed_size);
      if (!(start >= 4 && packed >= 0 && start + packed <= fileBytes)) {
        throw damaged(path, `row group ${index} points outside of the file`);
      }
      if (!(codecs as readonly string[]).includes(chunk.codec)) {
        throw new UserError(
          `${path} is compressed with ${chunk.codec}, which is not read; write it with Zstandard, Snappy, gzip or no compression`,
        );
      }
      bytes += Math.max(packed, Number(chunk.total_uncompressed_size));
    }
    if (bytes > maxGroupBytes) {
      throw new UserError(
        `${path}: row group ${index} takes ${bytes} bytes, more than ${maxGroupBytes}; write it with smaller row groups`,
      );
    }
  });
}

/** A valid file in a form that is not read here. */
export class UnsupportedError extends Error {
  override readonly name: string = "UnsupportedError";
}

/** What the Parquet library throws becomes a sentence with the file's name. */
export async function guarded<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    const { message } = cause as Error;
    if (cause instanceof UnsupportedError) throw new UserError(`${path}: ${message}`, { cause });
    // The library runs into its own assumptions where metadata are damaged.
    const internal = cause instanceof TypeError || cause instanceof RangeError;
    throw damaged(path, internal ? "its metadata are damaged" : message, cause);
  }
}

export function damaged(path: string, reason: string, cause?: unknown): UserError {
  return new UserError(`${path} is not a valid Parquet file: ${reason}; download it again`, {
    cause,
  });
}
