/** A file of labelled texts, of any format. */

import { extname } from "node:path";
import { UserError, usageError } from "../../graph/errors.ts";
import { classLabelNames } from "../class-labels.ts";
import type { Separator } from "./delimited.ts";
import {
  type LabelledRow,
  readLabelledRows,
  type TableFormat,
  type TextColumns,
  tableFormats,
} from "./labelled-rows.ts";
import { readTextFile } from "./text-file.ts";

/** The rows of a table, with the names of the classes if the file has them. */
export interface TextTable {
  readonly rows: readonly LabelledRow[];
  readonly classNames?: readonly string[];
}

interface TableSettings {
  readonly format?: TableFormat;
  readonly columns: TextColumns;
  readonly separator?: Separator;
}

const maxRows = 2_000_000;

/**
 * Reads a file of labelled texts.
 *
 * @param file name of the file in messages
 * @throws UserError for a file that is missing or no such table, with the row
 */
export async function readTextTable(
  path: string,
  file: string,
  { format = formatOf(file), columns, separator }: TableSettings,
  hint: string,
): Promise<TextTable> {
  if (format === "parquet") return readParquet(path, columns, hint);
  const text = await readTextFile(path, { hint });
  return { rows: readLabelledRows(text, format, columns, { name: path }, separator) };
}

function formatOf(file: string): TableFormat {
  const ending = extname(file.replace(/\.gz$/i, "")).slice(1).toLowerCase();
  const format = tableFormats.find((known) => known === ending);
  if (format !== undefined) return format;
  throw usageError(
    `${file}: the format of labelled text is ${tableFormats.join(", ")}, got "${ending}"; rename the file or name its format`,
  );
}

async function readParquet(path: string, columns: TextColumns, hint: string): Promise<TextTable> {
  // Loaded on demand, because every command reads the definitions of data sets.
  const { openParquet, parquetColumns, parquetMetadata } = await import(
    "../../formats/parquet/parquet.ts"
  );
  const known = await parquetColumns(path, { hint });
  const label = String(columns.label);
  const texts = columns.text.map(String);
  const isText = known.get(label) === "string";
  const wanted = Object.fromEntries(texts.map((name) => [name, "string" as const]));
  const file = await openParquet(
    path,
    { ...wanted, [label]: isText ? "string" : "integer" },
    { hint, maxRows },
  );
  const rows: LabelledRow[] = [];
  for await (const group of file.groups()) {
    for (const row of group) {
      const source = `${path} row ${rows.length}`;
      const own = String(row[label]).trim();
      if (own === "") throw new UserError(`${source}: the label is empty`);
      rows.push({ source, text: texts.map((name) => row[name]).join(" "), label: own });
    }
  }
  const names = classLabelNames((await parquetMetadata(path, { hint })).get("huggingface"), label);
  return { rows, ...(names && !isText && { classNames: names }) };
}
