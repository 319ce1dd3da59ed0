/** Sentences with labels from the content of a table or of JSON lines. */

import { UserError, usageError } from "../../graph/errors.ts";
import {
  createCollector,
  readCsv,
  readLines,
  readTsv,
  type Separator,
  separatorOf,
  type TableLimits,
  type TableRow,
} from "./delimited.ts";

/** Formats of tables of labelled texts. */
export const tableFormats = ["csv", "tsv", "jsonl", "parquet"] as const;
/** A format of tables of labelled texts. */
export type TableFormat = (typeof tableFormats)[number];

/** The columns of a row's text and label. */
export interface TextColumns {
  /** Columns by name, or by position from 0 if the file has no header; joined by a space. */
  readonly text: readonly (string | number)[];
  readonly label: string | number;
  /** Whether the first row of `csv` or `tsv` names the columns, by default true. */
  readonly header?: boolean;
}

/** One sentence and its label. */
export interface LabelledRow {
  /** The file and the line or row, for messages. */
  readonly source: string;
  readonly text: string;
  /** The label as written in the file. */
  readonly label: string;
}

/**
 * Texts and labels of a file's content.
 *
 * @throws UserError with the line of a bad row
 */
export function readLabelledRows(
  content: string,
  format: Exclude<TableFormat, "parquet">,
  columns: TextColumns,
  limits: TableLimits,
  separator?: Separator,
): LabelledRow[] {
  const { name } = limits;
  const wanted = [...columns.text, columns.label];
  if (columns.text.length === 0) {
    throw usageError(`${name}: name at least one column of text`);
  }
  const rows =
    format === "jsonl"
      ? readJsonLines(content, wanted, limits)
      : readTable(content, { format, separator }, wanted, columns.header ?? true, limits);
  return rows.map(({ line, fields }) => {
    const label = fields.at(-1)!.trim();
    if (label === "") throw new UserError(`${name}:${line}: the label is empty`);
    return { source: `${name}:${line}`, text: fields.slice(0, -1).join(" "), label };
  });
}

/** The requested fields of each row. */
function readTable(
  content: string,
  { format, separator }: { format: "csv" | "tsv"; separator: Separator | undefined },
  wanted: readonly (string | number)[],
  header: boolean,
  limits: TableLimits,
): TableRow[] {
  const { name } = limits;
  const isTsv = format === "tsv" && separator === undefined;
  const [first, ...others] = isTsv
    ? readTsv(content, limits)
    : readCsv(content, limits, separatorOf(content, separator));
  if (first === undefined) throw new UserError(`${name} has no rows`);
  const width = first.fields.length;
  const positions = wanted.map((column) => position(column, header ? first.fields : width, name));
  return (header ? others : [first, ...others]).map(({ line, fields }) => {
    if (fields.length !== width) {
      throw new UserError(
        `${name}:${line}: expected ${width} fields as in the first row, got ${fields.length}`,
      );
    }
    return { line, fields: positions.map((at) => fields[at]!) };
  });
}

/** The position of a column among the names of a header, or among a number of columns. */
function position(
  column: string | number,
  columns: readonly string[] | number,
  name: string,
): number {
  if (typeof columns === "number") {
    const at = Number(column);
    if (Number.isInteger(at) && at >= 0 && at < columns) return at;
    throw usageError(
      `${name}: columns without a header are 0 to ${columns - 1}, got ${JSON.stringify(column)}`,
    );
  }
  const at = columns.indexOf(String(column));
  if (at >= 0) return at;
  throw usageError(
    `${name} has no column ${JSON.stringify(column)}; its first row has ${columns.join(", ").slice(0, 200)}`,
  );
}

function readJsonLines(
  content: string,
  wanted: readonly (string | number)[],
  limits: TableLimits,
): TableRow[] {
  const { name } = limits;
  const collect = createCollector(limits);
  for (const { line, content: json } of readLines(content)) {
    if (json.trim() === "") continue;
    const value = parseLine(json, `${name}:${line}`);
    const fields = wanted.map((column, at) => {
      const key = String(column);
      const field = Object.hasOwn(value, key) ? value[key] : undefined;
      if (typeof field === "string") return field;
      const isLabel = at === wanted.length - 1;
      if (isLabel && (typeof field === "number" || typeof field === "boolean")) return `${field}`;
      const expected = isLabel ? "a string, a number or a boolean" : "a string";
      const found = field === undefined ? "nothing" : JSON.stringify(field).slice(0, 40);
      throw new UserError(`${name}:${line}: expected ${expected} as "${key}", got ${found}`);
    });
    collect.add({ line, fields });
  }
  return collect.rows;
}

function parseLine(json: string, place: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw new UserError(`${place}: invalid JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new UserError(`${place}: expected a JSON object, got ${json.slice(0, 40)}`);
}
