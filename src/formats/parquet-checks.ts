/** Checks of a Parquet file before its columns are read. */

import type { AsyncBuffer, FileMetaData, SchemaTree } from "hyparquet";
import { UserError } from "../graph/errors.ts";

/** `strings` is a list of texts. */
export type ParquetType = "bytes" | "string" | "strings" | "integer";

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

/**
 * Refuses a column that is missing, repeated, or of another type.
 *
 * @throws UserError if the column is missing or has another type
 */
export function checkColumn(
  path: string,
  schema: SchemaTree,
  name: string,
  type: ParquetType,
): void {
  let node = schema;
  let repeated = false;
  for (const field of name.split(".")) {
    const child = node.children.find(({ element }) => element.name === field);
    if (child === undefined) {
      const known = leaves(schema).join(", ");
      throw new UserError(`${path} has no column ${name}; its columns are ${known}`);
    }
    node = child;
    repeated ||= child.element.repetition_type === "REPEATED";
  }
  if (columnType(node) === type && !repeated) return;
  const { element } = node;
  const kind = element.converted_type ?? element.logical_type?.type ?? element.type ?? "a group";
  const found = repeated ? `a list of ${kind}` : kind;
  throw new UserError(`${path}: column ${name} must hold ${plural[type]}, but it holds ${found}`);
}

const plural = {
  bytes: "bytes",
  string: "text",
  strings: "lists of text",
  integer: "integers",
} as const;

/** The type of a column, or undefined if it is not supported. */
export function columnType({ element, children }: SchemaTree): ParquetType | undefined {
  const { type, converted_type, logical_type } = element;
  if (converted_type === "LIST" || logical_type?.type === "LIST") {
    const items = children[0];
    const isList = children.length === 1 && items?.element.repetition_type === "REPEATED";
    const isText = items?.children.length === 1 && columnType(items.children[0]!) === "string";
    return isList && isText ? "strings" : undefined;
  }
  if (children.length > 0) return undefined;
  if (converted_type === "UTF8" || logical_type?.type === "STRING") return "string";
  if (type === "BYTE_ARRAY" && !converted_type && !logical_type) return "bytes";
  return type === "INT32" || type === "INT64" ? "integer" : undefined;
}

/** The readable columns with their types; a field of a struct is `struct.field`. */
export function readableColumns(schema: SchemaTree): Map<string, ParquetType> {
  const found = new Map<string, ParquetType>();
  for (const child of schema.children) {
    if (child.element.repetition_type === "REPEATED") continue;
    const type = columnType(child);
    if (type !== undefined) found.set(child.path.join("."), type);
    else for (const [name, inner] of readableColumns(child)) found.set(name, inner);
  }
  return found;
}

function leaves(node: SchemaTree): string[] {
  if (node.children.length === 0) return [node.path.join(".")];
  return node.children.flatMap(leaves);
}

/**
 * The number of rows, after checking the footer for consistency.
 *
 * @throws UserError if the counts differ or exceed the limit
 */
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
  columns: readonly string[],
  maxGroupBytes: number,
  fileBytes: number,
): void {
  const wanted = new Set(columns.map((name) => name.split(".")[0]));
  metadata.row_groups.forEach((group, index) => {
    let bytes = 0;
    for (const { meta_data: chunk } of group.columns) {
      if (!chunk) throw damaged(path, `row group ${index} lacks the description of a column`);
      if (!wanted.has(chunk.path_in_schema[0])) continue;
      const start = Number(chunk.dictionary_page_offset ?? chunk.data_page_offset);
      const packed = Number(chunk.total_compressed_size);
      if (!(start >= 4 && packed >= 0 && start + packed <= fileBytes)) {
        throw damaged(path, `row group ${index} points outside of the file`);
      }
      if (!["UNCOMPRESSED", "SNAPPY", "GZIP"].includes(chunk.codec)) {
        throw new UserError(
          `${path} is compressed with ${chunk.codec}; write it with Snappy, gzip or no compression`,
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

/**
 * Turns errors of the Parquet library into a message with the file's name.
 *
 * @throws UserError if `read` throws any other error
 */
export async function guarded<Result>(path: string, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    throw damaged(path, (cause as Error).message, cause);
  }
}

export function damaged(path: string, reason: string, cause?: unknown): UserError {
  return new UserError(`${path} is not a valid Parquet file: ${reason}; download it again`, {
    cause,
  });
}
