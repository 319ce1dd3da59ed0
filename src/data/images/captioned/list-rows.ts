/** Rows of a list with named values: CSV, TSV, JSONL, a JSON array, or captions of COCO. */

import * as z from "zod";
import { UserError, usageError } from "../../../graph/errors.ts";
import {
  readCsv,
  readLines,
  readTsv,
  type Separator,
  separatorOf,
  type TableLimits,
} from "../../text/delimited.ts";

/** One row of a list. */
export interface ListRow {
  /** Line of the file, from 1; in JSON the position of the object, from 1. */
  readonly line: number;
  readonly values: ReadonlyMap<string, unknown>;
}

/** Limits, and the separator of CSV files. */
export interface ListOptions extends Required<TableLimits> {
  readonly separator?: Separator | undefined;
}

/** The rows of a list; the ending of the name gives the format. */
export function readListRows(text: string, options: ListOptions): ListRow[] {
  const name = options.name.toLowerCase().replace(/\.gz$/, "");
  if (name.endsWith(".json") || (name.endsWith(".jsonl") && text.trimStart().startsWith("["))) {
    return jsonDocument(text, options);
  }
  return name.endsWith(".jsonl") ? jsonLines(text, options) : tableRows(text, options);
}

function tableRows(text: string, { separator, ...limits }: ListOptions): ListRow[] {
  const { name } = limits;
  const isTsv = name.toLowerCase().endsWith(".tsv") && separator === undefined;
  const [header, ...rows] = isTsv
    ? readTsv(text, limits)
    : readCsv(text, limits, separatorOf(text, separator));
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

function jsonLines(text: string, options: ListOptions): ListRow[] {
  const { name, maxRows } = options;
  const rows: ListRow[] = [];
  for (const { line, content } of readLines(text)) {
    if (content.trim() === "") continue;
    if (rows.length === maxRows) throw new UserError(`${name} has more than ${maxRows} rows`);
    rows.push(toRow(parse(content, `${name}:${line}`), line, options));
  }
  return rows;
}

/** An array of objects, or captions of COCO. */
function jsonDocument(text: string, options: ListOptions): ListRow[] {
  const { name, maxRows } = options;
  const value = parse(text, name);
  const objects = Array.isArray(value) ? value : cocoRows(value, name);
  if (objects.length > maxRows) throw new UserError(`${name} has more than ${maxRows} rows`);
  return objects.map((one, index) => toRow(one, index + 1, options));
}

const id = z.union([z.int(), z.string()]);
const coco = z.looseObject({
  images: z.array(z.looseObject({ id, file_name: z.string() })),
  annotations: z.array(z.looseObject({ image_id: id, caption: z.string() })),
});

/** The captions of COCO (arXiv:1504.00325): pictures with an id, annotations that refer to it. */
function cocoRows(value: unknown, name: string): object[] {
  const parsed = coco.safeParse(value);
  if (!parsed.success) {
    const keys =
      typeof value === "object" && value !== null ? Object.keys(value).slice(0, 10).join(", ") : "";
    throw usageError(
      `${name} is neither an array of objects, such as [{"image": "a.png", "caption": "A cat."}], nor captions of COCO, with images and annotations; its keys are ${keys || "none"}`,
    );
  }
  const { images, annotations } = parsed.data;
  const files = new Map(images.map((image) => [image.id, image.file_name]));
  return annotations.map(({ image_id, caption }, index) => {
    const file_name = files.get(image_id);
    if (file_name !== undefined) return { file_name, caption };
    throw new UserError(
      `${name}: annotation ${index + 1} names the image ${image_id}, which is absent`,
    );
  });
}

function toRow(value: unknown, line: number, { name, maxFieldLength }: ListOptions): ListRow {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UserError(`${name}:${line}: expected an object, such as {"image": "a.png"}`);
  }
  const values = new Map<string, unknown>(Object.entries(value));
  for (const [key, one] of values) {
    if (typeof one !== "string" || one.length <= maxFieldLength) continue;
    throw new UserError(
      `${name}:${line}: ${key} has ${one.length} characters, more than the limit of ${maxFieldLength}`,
    );
  }
  return { line, values };
}

function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${place}: ${(cause as Error).message}`, { cause });
  }
}
