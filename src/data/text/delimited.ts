import { UserError } from "../../graph/errors.ts";

/** One row of a table. */
export interface TableRow {
  /** Line of the file on which the row starts, from 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/** Limits of a table, and its name for messages. */
export interface TableLimits {
  /** Name of the file, for messages. */
  readonly name: string;
  /** Largest number of rows, by default 2,000,000. */
  readonly maxRows?: number;
  /** Largest number of UTF-16 units of a field, by default 1,000,000. */
  readonly maxFieldLength?: number;
}

/** Names of the characters that separate the fields of a table. */
export const separators = { comma: ",", semicolon: ";", tab: "\t" } as const;

/** What separates the fields of a table. */
export type Separator = keyof typeof separators;

/**
 * The separator of a table, by default from its first line: a comma if there is one, else a tab, else a
 * semicolon.
 */
export function separatorOf(text: string, given?: Separator): Separator {
  if (given !== undefined) return given;
  const start = /^(?:\r?\n)*([^\r\n]*)/.exec(text)![1]!;
  const first = start.slice(0, 10_000).replace(/"(?:[^"]|"")*"/g, "");
  const order = ["comma", "tab", "semicolon"] as const;
  return order.find((name) => first.includes(separators[name])) ?? "comma";
}

/**
 * Rows of comma-separated values as in RFC 4180: fields with commas, line breaks or quotes are
 * quoted, and a quote within is doubled. Lines end with LF or CRLF; empty lines are skipped.
 *
 * @param separator by default "comma"; between tabs, quotes within a field are ordinary characters
 */
export function readCsv(
  text: string,
  limits: TableLimits,
  separator: Separator = "comma",
): TableRow[] {
  const mark = separators[separator];
  const format = { separator, fieldEnd: new RegExp(`${mark}|\\r?\\n`, "g") };
  const collect = createCollector(limits);
  let fields: string[] = [];
  let line = 1; // of the position
  let start = 1; // of the row
  let at = 0;
  while (at < text.length) {
    const quoted = text[at] === '"';
    const field = quoted
      ? quotedField(text, at, start, limits.name, format)
      : plainField(text, at, line, limits.name, format);
    fields.push(field.value);
    line += field.breaks;
    at = field.end;
    if (text[at] === mark) {
      at++;
      if (at === text.length) fields.push("");
      else continue;
    } else {
      if (text[at] === "\r") at++;
      at++;
    }
    if (quoted || fields.length > 1 || fields[0] !== "") collect.add({ line: start, fields });
    fields = [];
    start = ++line;
  }
  return collect.rows;
}

/**
 * Rows of tab-separated values: a tab or a line break ends a field, and quotes are ordinary
 * characters. Empty lines are skipped.
 */
export function readTsv(text: string, limits: TableLimits): TableRow[] {
  const collect = createCollector(limits);
  for (const { line, content } of readLines(text))
    collect.add({ line, fields: content.split("\t") });
  return collect.rows;
}

/** Lines of a text that are not empty, with their numbers from 1. */
export function* readLines(text: string): Generator<{ line: number; content: string }> {
  let line = 1;
  for (let at = 0; at < text.length; line++) {
    const found = text.indexOf("\n", at);
    const end = found < 0 ? text.length : found;
    const content = text.slice(at, text[end - 1] === "\r" && end > at ? end - 1 : end);
    if (content !== "") yield { line, content };
    at = end + 1;
  }
}

/**
 * Collects rows; refuses rows and fields beyond the limits.
 *
 * @throws UserError, when a row is added, beyond the limits
 */
export function createCollector<T extends TableRow>(
  limits: TableLimits,
): { rows: T[]; add: (row: T) => void } {
  const { name, maxRows = 2_000_000, maxFieldLength = 1_000_000 } = limits;
  const rows: T[] = [];
  return {
    rows,
    add(row) {
      const long = row.fields.find((field) => field.length > maxFieldLength);
      if (long !== undefined) {
        throw new UserError(
          `${name}:${row.line}: a field has ${long.length} characters, more than the limit of ${maxFieldLength}`,
        );
      }
      if (rows.length >= maxRows) {
        throw new UserError(`${name} has more than the limit of ${maxRows} rows; split the file`);
      }
      rows.push(row);
    },
  };
}

interface Field {
  readonly value: string;
  /** Position of the end of the field: a comma, a line break or the end of the text. */
  readonly end: number;
  /** Line breaks within the field. */
  readonly breaks: number;
}

interface FieldFormat {
  readonly separator: Separator;
  /** The separator or a line break. */
  readonly fieldEnd: RegExp;
}

function plainField(
  text: string,
  at: number,
  line: number,
  name: string,
  { separator, fieldEnd }: FieldFormat,
): Field {
  fieldEnd.lastIndex = at;
  const end = fieldEnd.exec(text)?.index ?? text.length;
  const value = text.slice(at, end);
  if (separator !== "tab" && value.includes('"')) {
    throw new UserError(
      `${name}:${line}: a quote is inside the field ${shorten(value)}, which does not start with a quote; put the field in quotes and double the quote`,
    );
  }
  return { value, end, breaks: 0 };
}

function quotedField(
  text: string,
  at: number,
  line: number,
  name: string,
  { separator }: FieldFormat,
): Field {
  let close = text.indexOf('"', at + 1);
  while (close >= 0 && text[close + 1] === '"') close = text.indexOf('"', close + 2);
  if (close < 0) {
    throw new UserError(`${name}:${line}: a quoted field of this row is never closed`);
  }
  const end = close + 1;
  const inside = text.slice(at + 1, close);
  const isEnd = text[end] === separators[separator] || /^\r?\n/.test(text.slice(end, end + 2));
  if (end < text.length && !isEnd) {
    throw new UserError(
      `${name}:${line}: the closing quote of ${shorten(inside)} is followed by ${JSON.stringify(text[end])}, expected a ${separator} or the end of the line`,
    );
  }
  return { value: inside.replaceAll('""', '"'), end, breaks: inside.split("\n").length - 1 };
}

function shorten(value: string): string {
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}
