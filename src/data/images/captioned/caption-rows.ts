/** Lists of pictures and captions: CSV, TSV and JSONL files, with paths or with base64 bytes. */

import { UserError, usageError } from "../../../graph/errors.ts";
import type { Separator } from "../../text/delimited.ts";
import { type ListRow, readListRows } from "./list-rows.ts";

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
  /** The list, if there are several. */
  readonly file?: string;
  /** A path, or base64. */
  readonly image: string;
  readonly encoding: "path" | "base64";
  readonly captions: readonly string[];
  /** Why the row is no sample, with `keepBroken`. */
  readonly problem?: string;
}

/** How a list is read. */
export interface CaptionOptions {
  /** What separates the fields of a CSV file, by default by its first line. */
  readonly separator?: Separator | undefined;
  /** Keeps rows without a picture or without captions, with the problem, instead of failing. */
  readonly keepBroken?: boolean;
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
 * Reads a list of pictures and captions; the ending of `name` gives its format. The first row of
 * CSV and TSV names the columns. JSONL has an object per line, JSON an array of objects, whose captions
 * may be lists; JSON may also hold captions of COCO.
 *
 * @example
 * readCaptionRows("image,caption\na.png,A red ball.\n", "list.csv")
 * // [{ line: 2, image: "a.png", encoding: "path", captions: ["A red ball."] }]
 */
export function readCaptionRows(
  text: string,
  name: string,
  columns: CaptionColumns = {},
  options: CaptionOptions = {},
  limits: typeof captionLimits = captionLimits,
): CaptionRow[] {
  const rows = readListRows(text, { name, ...limits, separator: options.separator });
  if (rows.length === 0) throw new UserError(`${name} has no rows`);
  const names = columnNames(rows);
  const image = columns.image ?? imageColumns.find((one) => names.includes(one));
  const captions = captionNames(names, columns);
  const known = names.join(", ");
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
  for (const given of [image, ...captions]) {
    if (!names.includes(given)) throw usageError(`${name} has no column ${given}; it has ${known}`);
  }
  const encoding = columns.encoding ?? (/b64|base64/i.test(image) ? "base64" : "path");
  return rows.map((row) => {
    try {
      return toCaptionRow(row, image, encoding, captions, name);
    } catch (cause) {
      if (options.keepBroken !== true) throw cause;
      const problem = (cause as Error).message.slice(`${name}:${row.line}: `.length);
      return { line: row.line, image: "", encoding: "base64", captions: [], problem };
    }
  });
}

/** The names in any row: a row of JSON may lack some of them. */
function columnNames(rows: readonly ListRow[]): string[] {
  const names = new Set<string>();
  for (const { values } of rows) for (const name of values.keys()) names.add(name);
  return [...names];
}

function toCaptionRow(
  row: ListRow,
  image: string,
  encoding: "path" | "base64",
  captions: readonly string[],
  name: string,
): CaptionRow {
  // A picture without base64 is a broken one, a row without a path a broken row.
  const value =
    row.values.get(image) === "" && encoding === "base64" ? "" : textOf(row, image, name);
  const isData = /^data:image\/[\w.+-]+;base64,/.exec(value)?.[0];
  return {
    line: row.line,
    image: value.slice(isData?.length ?? 0),
    encoding: isData === undefined ? encoding : "base64",
    captions: captions.flatMap((column) => captionsOf(row, column, name)),
  };
}

/** The columns of captions: the given ones, else numbered ones, else one with a known name. */
export function captionNames(names: readonly string[], columns: CaptionColumns): readonly string[] {
  if (columns.captions !== undefined) return [columns.captions].flat();
  const numbered = names.filter((name) => /^caption_?\d+$/.test(name));
  if (numbered.length > 0) return numbered;
  const one = captionColumns.find((name) => names.includes(name));
  return one === undefined ? [] : [one];
}

function captionsOf(row: ListRow, column: string, name: string): string[] {
  const value = row.values.get(column);
  if (!Array.isArray(value)) return [textOf(row, column, name)];
  const wrong = value.findIndex((one) => typeof one !== "string" || one.trim() === "");
  if (wrong < 0 && value.length > 0) return value.map((one: string) => one.trim());
  throw new UserError(`${name}:${row.line}: ${column} must be a list of sentences`);
}

function textOf(row: ListRow, column: string, name: string): string {
  const value = row.values.get(column);
  if (typeof value === "string" && value.trim() !== "") return value.trim();
  const found = value === undefined ? "nothing" : JSON.stringify(value);
  throw new UserError(`${name}:${row.line}: ${column} must be text, got ${found}`);
}
