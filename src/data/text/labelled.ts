/** Sentences with classes, from tables in files. */
import { resolve } from "node:path";
import * as z from "zod";
import { defined } from "../../graph/defined.ts";
import { UserError, usageError } from "../../graph/errors.ts";
import { createDataReport, type DataReport, type ReportHooks, withReport } from "../data-report.ts";
import { checkIndex, type Split, type TextDataset } from "../dataset.ts";
import { defineDataset } from "../define-dataset.ts";
import { expandFiles } from "../expand-files.ts";
import { dataRoot } from "../read-gzipped.ts";
import {
  count,
  type Files,
  type FilesBySplit,
  filesBySplit,
  root,
  separator,
} from "../settings/files.ts";
import { splitSpec } from "../settings/split-spec.ts";
import { textKeys } from "../settings/text.ts";
import { classIndices, inferLabels, warnOfLabels, warnOfTexts } from "./classes.ts";
import type { Separator } from "./delimited.ts";
import {
  type LabelledRow,
  type TableFormat,
  type TextColumns,
  tableFormats,
} from "./labelled-rows.ts";
import { splitRows } from "./split.ts";
import { readTextTable, type TextTable } from "./text-table.ts";

/** Sentences with labels in `csv`, `tsv`, `jsonl` or `parquet` files. */
export interface LabelledTextSpec<Name extends string = string> {
  readonly name: Name;
  readonly split: Split;
  /** Files per split, also as lists and patterns, relative to the folder of data sets; rows of missing splits come from `train`. */
  readonly files: FilesBySplit;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** By default the extension of the file's name. */
  readonly format?: TableFormat;
  readonly columns: TextColumns;
  /** What separates the fields of CSV files, by default by their first lines. */
  readonly separator?: Separator;
  /** The labels as the files write them, in the order of class indices; by default the labels of `train`, sorted. */
  readonly labels?: readonly string[];
  /** Names of the classes, by default the labels. */
  readonly classNames?: readonly string[];
  /** Rows of `train` set aside if there is no validation file, by default a tenth. */
  readonly validationSize?: number;
  /** Rows of `train` set aside if there is no test file, by default 0: no test split. */
  readonly testSize?: number;
  /** Seed of the permutation that sets rows aside, by default 0. */
  readonly splitSeed?: number;
}

/**
 * Opens a split of labelled text.
 *
 * @example
 * const set = await openLabelledText({
 *   name: "reviews",
 *   split: "train",
 *   files: { train: "reviews/reviews.csv" },
 *   columns: { text: ["title", "body"], label: "stars" },
 * });
 * set.get(0); // { index: 0, text: "...", label: 4 }
 */
export function openLabelledText(
  spec: LabelledTextSpec,
  hooks: ReportHooks = {},
): Promise<TextDataset> {
  return withReport(`${spec.name} ${spec.split}`, hooks, (report) => openSplit(spec, report));
}

async function openSplit(spec: LabelledTextSpec, report: DataReport): Promise<TextDataset> {
  const { name, split, files } = spec;
  const own = split === "train" ? undefined : files[split];
  const isKnown = own !== undefined && spec.labels !== undefined;
  const training = isKnown ? noTable : await readTables(spec, files.train);
  const table = own === undefined ? training : await readTables(spec, own);
  const { labels, classNames } = labelsOf(spec, training);
  const classes = classIndices(table.rows, labels);
  const members =
    own === undefined
      ? splitRows(name, split, table.rows.length, {
          validationSize: files.validation
            ? 0
            : (spec.validationSize ?? Math.floor(table.rows.length / 10)),
          testSize: files.test ? 0 : (spec.testSize ?? 0),
          seed: spec.splitSeed ?? 0,
        })
      : Uint32Array.from(table.rows.keys());
  if (own === undefined && split === "train") {
    warnOfLabels(labels, spec.labels !== undefined || training.classNames !== undefined, report);
  }
  warnOfTexts(table.rows, report);
  return {
    kind: "text",
    name,
    split,
    length: members.length,
    classNames: namesOf(spec, labels, classNames),
    get: (index) => {
      checkIndex(index, members.length, `${name} ${split}`);
      const row = members[index]!;
      return { index, text: table.rows[row]!.text, label: classes[row]! };
    },
  };
}

const noTable: TextTable = { rows: [] };

async function readTables(spec: LabelledTextSpec, files: Files): Promise<TextTable> {
  const root = dataRoot(spec.root);
  const rows: LabelledRow[] = [];
  let classNames: readonly string[] | undefined;
  const paths = await expandFiles(root, files);
  for (const file of paths) {
    const path = resolve(root, file);
    const hint = `set data.root to the folder that contains "${file}"`;
    const table = await readTextTable(path, file, spec, hint);
    if (table.rows.length === 0) throw new UserError(`${path} has no rows`);
    for (const row of table.rows) rows.push(row);
    classNames ??= table.classNames;
  }
  return { rows, ...defined({ classNames }) };
}

/** The labels as the files write them, and the names that the files have for them. */
function labelsOf(
  spec: LabelledTextSpec,
  { rows, classNames }: TextTable,
): { readonly labels: readonly string[]; readonly classNames?: readonly string[] } {
  if (spec.labels !== undefined) return { labels: spec.labels };
  if (classNames !== undefined) return { labels: classNames.map((_, i) => `${i}`), classNames };
  return { labels: inferLabels(rows) };
}

function namesOf(
  spec: LabelledTextSpec,
  labels: readonly string[],
  found: readonly string[] = labels,
): readonly string[] {
  const { name, classNames = found } = spec;
  if (classNames.length === labels.length) return classNames;
  throw usageError(
    `${name}: ${labels.length} labels need the same number of class names, got ${classNames.length}`,
  );
}

/** The columns of a table of labelled texts. */
const textColumns = z.strictObject({
  text: z
    .array(z.union([z.string(), z.int().nonnegative()]))
    .nonempty()
    .describe("Columns of the texts, by name or number, joined in this order."),
  label: z.union([z.string(), z.int().nonnegative()]).describe("Column of the labels."),
  header: z.boolean().optional().describe("Whether the first row names the columns."),
});

/** The definition of labelled texts. */
export const labelledText = defineDataset({
  name: "labelled-text",
  kind: "text",
  title: "Labelled text",
  description: "your own sentences with classes, in CSV, TSV, JSONL or Parquet files",
  terms: "yours",
  splits: {},
  classNames: [],
  files: [],
  place: "name the files with data.files and their columns with data.columns",
  schema: z.strictObject({
    name: z.literal("labelled-text").describe("Name of the data set."),
    root,
    files: filesBySplit.describe("Files of the splits."),
    columns: textColumns.describe("Columns of the tables; known names are found by default."),
    format: z
      .enum(tableFormats)
      .optional()
      .describe("Format of the files; by their endings by default."),
    separator,
    labels: z
      .array(z.string())
      .nonempty()
      .optional()
      .describe("Values of the label column, in the order of the classes."),
    class_names: z.array(z.string()).nonempty().optional().describe("Names of the classes."),
    validation_size: count.describe("Samples of the validation split."),
    test_size: count.describe("Samples of the test split."),
    ...textKeys,
  }),
  spec: splitSpec,
  open: (spec: LabelledTextSpec<"labelled-text">, hooks) => openLabelledText(spec, hooks),
  async check(spec) {
    await openSplit(spec, createDataReport(spec.name));
  },
  describe: ({ labels, classNames = labels }) => defined({ classNames }),
  hasTestSplit: ({ files, testSize }) => files.test !== undefined || testSize !== undefined,
});
