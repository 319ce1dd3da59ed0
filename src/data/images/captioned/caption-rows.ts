/** Lists of pictures and captions: CSV, TSV and JSONL files, with paths or with base64 bytes. */

import { UserError, usageError } from "../../../graph/errors.ts";
import { readCsv, readLines, readTsv, type TableLimits } from "../../text/delimited.ts";

/** The columns of pictures and captions in a list; by default known names are searched. */
export interface CaptionColumns {
  readonly image?: string;
  /** By default "base64" if the column's name contains `b64` or `base64`, else "path". */
  readonly encoding?: "path" | "base64";
  /** One column, or several with a caption each. */
  readonly captions?: string | readonly string[];
}

/** One row of a list. */
export interface CaptionRow {
  /** Line of the file, from 1. */
  readonly line: number;
  /** A path, or base64. */
  readonly image: string;
  readonly encoding: "path" | "base64";
  readonly captions: readonly string[];
}

interface Row {
  readonly line: number;
  readonly values: ReadonlyMap<string, unknown>;
}

/** Known names of picture columns. */
export const imageColumns = [
  "b64string_images",
  "image_base64",
  "image",
  "image_path",
  "file_name",
  "filename",
  "filepath",
  "file",
  "path",
] as const;
const captionColumns = ["captions", "caption", "sentences", "text", "title"] as const;

/** Maximum number of rows, and maximum characters of a field: base64 of 64 MiB. */
export const captionLimits = { maxRows: 2_000_000, maxFieldLength: 4 * Math.ceil(2 ** 26 / 3) };

/**
 * Reads a list of pictures and captions; the extension of `name` sets its format. The first row of
 * CSV and TSV contains the column names. JSONL has one object per line, whose captions may be a list.
 *
 * @throws UserError for a list without rows or known columns, or with an invalid row
 *
 * @example
 * readCaptionRows("image,caption\na.png,A red ball.\n", "list.csv")
 * // [{ line: 2, image: "a.png", encoding: "path", captions: ["A red ball."] }]
 */
export function readCaptionRows(
  text: string,
  name: string,
  columns: CaptionColumns = {},
  limits: typeof captionLimits = captionLimits,
): CaptionRow[] {
  const read = name.endsWith(".jsonl") ? jsonRows : tableRows;
  const rows = read(text, { name, ...limits });
  const first = rows[0];
  if (first === undefined) throw new UserError(`${name} has no rows`);
  const image = columns.image ?? imageColumns.find((one) => first.values.has(one));
  const captions = captionNames([...first.values.keys()], columns);
  const known = [...first.values.keys()].join(", ");
  if (image === undefined) {
    throw usageError(
      `${name} has no known picture column; name it with data.columns.image (${known})`,
    );
  }
  if (captions.length === 0) {
    throw usageError(
      `${name} has no known caption column; name it with data.columns.captions (${known})`,
    );
  }
  const encoding = columns.encoding ?? (/b64|base64/i.test(image) ? "base64" : "path");
  return rows.map((row) => {
    // A picture without base64 is treated as broken, a row without a path as a broken row.
    const value =
      row.values.get(image) === "" && encoding === "base64" ? "" : textOf(row, image, name);
    const isData = /^data:image\/[\w.+-]+;base64,/.exec(value)?.[0];
    return {
      line: row.line,
      image: value.slice(isData?.length ?? 0),
      encoding: isData === undefined ? encoding : "base64",
      captions: captions.flatMap((column) => captionsOf(row, column, name)),
    };
  });
}

/** The caption columns: the given ones, otherwise numbered ones, otherwise one with a known name. */
export function captionNames(names: readonly string[], columns: CaptionColumns): readonly string[] {
  if (columns.captions !== undefined) return [columns.captions].flat();
  const numbered = names.filter((name) => /^caption_?\d+$/.test(name));
  if (numbered.length > 0) return numbered;
  const one = captionColumns.find((name) => names.includes(name));
  return one === undefined ? [] : [one];
}

function captionsOf(row: Row, column: string, name: string): string[] {
  const value = row.values.get(column);
  if (!Array.isArray(value)) return [textOf(row, column, name)];
  const wrong = value.findIndex((one) => typeof one !== "string" || one.trim() === "");
  if (wrong < 0 && value.length > 0) return value.map((one: string) => one.trim());
  throw new UserError(`${name}:${row.line}: ${column} must be a list of sentences`);
}

function textOf(row: Row, column: string, name: string): string {
  const value = row.values.get(column);
  if (typeof value === "string" && value.trim() !== "") return value.trim();
  const found = value === undefined ? "nothing" : JSON.stringify(value);
  throw new UserError(`${name}:${row.line}: ${column} must be text, got ${found}`);
}

function tableRows(text: string, limits: Required<TableLimits>): Row[] {
  const { name } = limits;
  const read = name.endsWith(".tsv") ? readTsv : readCsv;
  const [header, ...rows] = read(text, limits);
  if (header === undefined) return [];
  return rows.map(({ line, fields }) => {
    if (fields.length !== header.fields.length) {
      throw new UserError(
        `${name}:${line}: the row has ${fields.length} fields, but there are ${header.fields.length} columns`,
      );
    }
    return { line, values: new Map(header.fields.map((key, i) => [key.trim(), fields[i]])) };
  });
}

function jsonRows(text: string, { name, maxRows, maxFieldLength }: Required<TableLimits>): Row[] {
  const rows: Row[] = [];
  for (const { line, content } of readLines(text)) {
    if (rows.length === maxRows) throw new UserError(`${name} has more than ${maxRows} rows`);
    const values = new Map<string, unknown>(Object.entries(parseObject(content, name, line)));
    for (const [key, value] of values) {
      if (typeof value !== "string" || value.length <= maxFieldLength) continue;
      throw new UserError(
        `${name}:${line}: ${key} has ${value.length} characters, more than the limit of ${maxFieldLength}`,
      );
    }
    rows.push({ line, values });
  }
  return rows;
}

function parseObject(content: string, name: string, line: number): object {
  try {
    const value: unknown = JSON.parse(content);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch (cause) {
    throw new UserError(`${name}:${line}: ${(cause as Error).message}`, { cause });
  }
  throw new UserError(`${name}:${line}: expected an object, such as {"image": "a.png"}`);
}
