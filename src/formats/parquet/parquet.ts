/** Reads selected columns of a Parquet file, one row group at a time, within size limits. */

import { existsSync } from "node:fs";
import {
  type AsyncBuffer,
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type RowGroup,
  type SchemaTree,
} from "hyparquet";
import { UserError, usageError } from "../../graph/errors.ts";
import {
  checkEnds,
  checkGroups,
  checkRows,
  damaged,
  guarded,
  UnsupportedError,
} from "./parquet-checks.ts";
import { createUnpackers, type Unpack } from "./parquet-codecs.ts";
import { checkPages } from "./parquet-pages.ts";
import {
  checkColumn,
  columnPath,
  type ParquetType,
  plainType,
  readableColumns,
  type WantedType,
} from "./parquet-schema.ts";

interface ParquetValues extends Record<WantedType, unknown> {
  /** Null reads as no bytes. */
  readonly bytes: Uint8Array;
  readonly string: string;
  readonly strings: readonly string[];
  readonly integer: number;
  readonly "string?": string | null;
  readonly "strings?": readonly string[] | null;
  readonly "integer?": number | null;
}

/** Columns to read and their types, with `?` to allow nulls; a field of a struct is `struct.field`. */
export type ParquetColumns = Readonly<Record<string, WantedType>>;

export type ParquetRow<Columns extends ParquetColumns> = {
  readonly [Name in keyof Columns]: ParquetValues[Columns[Name]];
};

export interface ParquetFile<Columns extends ParquetColumns> {
  readonly path: string;
  readonly numRows: number;
  /** The rows, one row group after another; each call reads the file again. */
  readonly groups: () => AsyncGenerator<readonly ParquetRow<Columns>[]>;
}

/** Maximum mean number of list items per row of a row group. */
const maxListLength = 1000;

export interface ParquetOptions {
  /** Maximum number of rows, by default 10^7. */
  readonly maxRows?: number;
  /** Maximum uncompressed bytes of the selected columns of one row group; by default 2^30. */
  readonly maxGroupBytes?: number;
  /** Advice for a missing file. */
  readonly hint: string;
}
/**
 * Opens a Parquet file and checks its columns.
 *
 * Codecs: none, Snappy, gzip, Brotli, Zstandard, LZ4. Fails with a sentence where the file is missing, cut short or damaged,
 * above the limits, lacks a column, has one of another type, or a null where a value is due.
 *
 * @example
 * const file = await openParquet("train.parquet", { "img.bytes": "bytes", label: "integer" }, { hint });
 * for await (const rows of file.groups()) for (const row of rows) use(row["img.bytes"], row.label);
 */
export async function openParquet<const Columns extends ParquetColumns>(
  path: string,
  columns: Columns,
  options: ParquetOptions,
): Promise<ParquetFile<Columns>> {
  const { maxRows = 1e7, maxGroupBytes = 2 ** 30, hint } = options;
  const { file, metadata, schema } = await openFooter(path, hint);
  for (const [name, type] of Object.entries(columns)) checkColumn(path, schema, name, type);
  const numRows = checkRows(path, metadata, maxRows);
  const topLevel = new Set(pathsOf(schema, columns).map(([first]) => first!));
  checkGroups(path, metadata, topLevel, maxGroupBytes, file.byteLength);
  return { path, numRows, groups: () => readGroups(path, file, metadata, columns, maxGroupBytes) };
}

/** The names from the root to each column. */
function pathsOf(schema: SchemaTree, columns: ParquetColumns): string[][] {
  return Object.keys(columns).map((name) =>
    columnPath(schema, name)!.map(({ element }) => element.name),
  );
}

/** The columns of a Parquet file that `openParquet` can read, with their types, in file order. */
export async function parquetColumns(
  path: string,
  { hint }: Pick<ParquetOptions, "hint">,
): Promise<ReadonlyMap<string, ParquetType>> {
  const { schema } = await openFooter(path, hint);
  return readableColumns(schema);
}

/** The texts that a Parquet file keeps beside its columns, by key. */
export async function parquetMetadata(
  path: string,
  { hint }: Pick<ParquetOptions, "hint">,
): Promise<ReadonlyMap<string, string>> {
  const { metadata } = await openFooter(path, hint);
  const pairs = metadata.key_value_metadata ?? [];
  return new Map(pairs.map(({ key, value }) => [key, value ?? ""]));
}

async function openFooter(
  path: string,
  hint: string,
): Promise<{ file: AsyncBuffer; metadata: FileMetaData; schema: SchemaTree }> {
  if (!existsSync(path)) throw usageError(`${path} is missing; ${hint}`);
  const file = await asyncBufferFromFile(path);
  await checkEnds(path, file);
  return guarded(path, async () => {
    const metadata = await parquetMetadataAsync(file, { geoparquet: false });
    return { file, metadata, schema: parquetSchema(metadata) };
  });
}

async function* readGroups<Columns extends ParquetColumns>(
  path: string,
  file: AsyncBuffer,
  metadata: FileMetaData,
  columns: Columns,
  maxGroupBytes: number,
): AsyncGenerator<readonly ParquetRow<Columns>[]> {
  const names = Object.keys(columns);
  const paths = pathsOf(parquetSchema(metadata), columns);
  const topLevel = [...new Set(paths.map(([first]) => first!))];
  const used = new Set(
    metadata.row_groups.flatMap((group) => group.columns.map((one) => one.meta_data?.codec ?? "")),
  );
  const unpackers = await createUnpackers(used, maxGroupBytes);
  let rowStart = 0;
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows);
    const span = { rowStart, rowEnd };
    const raw = await guarded(path, async () => {
      await checkGroupPages(file, metadata, group, topLevel, unpackers, maxGroupBytes);
      const plain = { utf8: false, geoparquet: false, compressors: unpackers };
      return parquetReadObjects({ file, metadata, columns: topLevel, ...span, ...plain });
    });
    if (raw.length !== rowEnd - rowStart) {
      throw damaged(path, `rows ${rowStart} to ${rowEnd - 1} are incomplete`);
    }
    yield raw.map((row, index) => {
      const read = names.map((name, at) => {
        const value = paths[at]!.reduce<unknown>(fieldOf, row);
        return [name, checkValue(path, name, rowStart + index, columns[name]!, value)];
      });
      return Object.fromEntries(read) as ParquetRow<Columns>;
    });
    rowStart = rowEnd;
  }
}

async function checkGroupPages(
  file: AsyncBuffer,
  metadata: FileMetaData,
  group: RowGroup,
  columns: readonly string[],
  unpackers: Readonly<Record<string, Unpack>>,
  maxPageBytes: number,
): Promise<void> {
  const schema = parquetSchema(metadata);
  for (const { meta_data: column } of group.columns) {
    if (!column || !columns.includes(column.path_in_schema[0]!)) continue;
    let node = schema;
    let maxDefinition = 0;
    let maxRepetition = 0;
    for (const field of column.path_in_schema) {
      node = node.children.find(({ element }) => element.name === field)!;
      if (node.element.repetition_type === "REPEATED") maxRepetition++;
      if (node.element.repetition_type !== "REQUIRED") maxDefinition++;
    }
    if (maxRepetition > 1) {
      throw new UnsupportedError(
        `column ${column.path_in_schema[0]} is a list of lists, which is not read`,
      );
    }
    const start = Number(column.dictionary_page_offset || column.data_page_offset);
    const bytes = await file.slice(start, start + Number(column.total_compressed_size));
    const unpack = unpackers[column.codec] ?? ((input) => input);
    const rows = Number(group.num_rows);
    const values = maxRepetition === 0 ? rows : Number(column.num_values);
    if (!(values >= rows && values <= rows * maxListLength)) {
      throw new Error(`a column claims ${values} values in ${rows} rows`);
    }
    const counts = { rows, values, maxDefinition, maxRepetition };
    checkPages(new Uint8Array(bytes), { ...counts, maxPageBytes, unpack });
  }
}

function fieldOf(value: unknown, field: string): unknown {
  return (value as Record<string, unknown> | null | undefined)?.[field];
}

function checkValue(
  path: string,
  name: string,
  row: number,
  wanted: WantedType,
  value: unknown,
): ParquetValues[WantedType] {
  const type = plainType(wanted);
  if (type !== wanted && (value === null || value === undefined)) return null;
  if (type === "bytes") {
    if (value === null || value === undefined) return new Uint8Array(0);
    if (value instanceof Uint8Array) return value;
  } else if (type === "string") {
    if (typeof value === "string") return value;
  } else if (type === "strings") {
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  } else {
    const number = typeof value === "bigint" ? Number(value) : value;
    if (Number.isSafeInteger(number)) return number as number;
  }
  const found = value === null || value === undefined ? "nothing" : `the ${typeof value} ${value}`;
  throw new UserError(`${path}: column ${name}, row ${row}: expected ${one[type]}, got ${found}`);
}

const one = {
  bytes: "bytes",
  string: "text",
  strings: "a list of texts",
  integer: "an integer",
} as const;
