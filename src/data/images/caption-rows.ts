/** Lists of pictures and captions: CSV, TSV and JSONL files, with paths or with base64 bytes. */

import { UserError } from "../../graph/errors.ts";
import { readCsv, readLines, readTsv } from "../text/delimited.ts";
import type { CaptionColumns } from "./specs.ts";

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

const imageColumns = [
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
const captionColumns = ["captions", "caption", "text", "title"] as const;

const maxRows = 2_000_000;
/** Base64 of 64 MB. */
const maxFieldLength = 2 ** 26 * (4 / 3);

/**
 * Reads a list of pictures and captions; the ending of `name` says its format. CSV and TSV begin with
 * the names of their columns. JSONL has an object a line, whose captions may be a list.
 *
 * @example
 * readCaptionRows("image,caption\na.png,A red ball.\n", "list.csv")
 * // [{ line: 2, image: "a.png", encoding: "path", captions: ["A red ball."] }]
 */
export function readCaptionRows(
  text: string,
  name: string,
  columns: CaptionColumns = {},
): CaptionRow[] {
  const rows = name.endsWith(".jsonl") ? jsonRows(text, name) : tableRows(text, name);
  const first = rows[0];
  if (first === undefined) throw new UserError(`${name} has no rows`);
  const image = columns.image ?? imageColumns.find((one) => first.values.has(one));
  const captions = captionNames(first.values, columns);
  const known = [...first.values.keys()].join(", ");
  if (image === undefined) {
    throw new UserError(
      `${name} has no column of pictures that is known; name it with columns.image (${known})`,
      { exitCode: 2 },
    );
  }
  if (captions.length === 0) {
    throw new UserError(
      `${name} has no column of captions that is known; name it with columns.captions (${known})`,
      { exitCode: 2 },
    );
  }
  const encoding = columns.encoding ?? (/b64|base64/i.test(image) ? "base64" : "path");
  return rows.map((row) => {
    const value = textOf(row, image, name);
    const isData = /^data:image\/[\w.+-]+;base64,/.exec(value)?.[0];
    return {
      line: row.line,
      image: value.slice(isData?.length ?? 0),
      encoding: isData === undefined ? encoding : "base64",
      captions: captions.flatMap((column) => captionsOf(row, column, name)),
    };
  });
}

function captionNames(
  values: ReadonlyMap<string, unknown>,
  columns: CaptionColumns,
): readonly string[] {
  if (columns.captions !== undefined) return [columns.captions].flat();
  const numbered = [...values.keys()].filter((name) => /^caption_?\d+$/.test(name));
  if (numbered.length > 0) return numbered;
  const one = captionColumns.find((name) => values.has(name));
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

function tableRows(text: string, name: string): Row[] {
  const read = name.endsWith(".tsv") ? readTsv : readCsv;
  const [header, ...rows] = read(text, { name, maxRows, maxFieldLength });
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

function jsonRows(text: string, name: string): Row[] {
  const rows: Row[] = [];
  for (const { line, content } of readLines(text)) {
    if (rows.length === maxRows) throw new UserError(`${name} has more than ${maxRows} rows`);
    rows.push({ line, values: new Map(Object.entries(parseObject(content, name, line))) });
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
