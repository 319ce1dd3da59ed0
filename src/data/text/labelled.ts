/** Sentences with classes, from tables in files. */
import { extname, resolve } from "node:path";
import * as z from "zod";
import { defined } from "../../graph/defined.ts";
import { UserError, usageError } from "../../graph/errors.ts";
import { checkIndex, type Split, type TextDataset } from "../dataset.ts";
import { defineDataset } from "../define-dataset.ts";
import { dataRoot } from "../read-gzipped.ts";
import { count, filesBySplit, root } from "../settings/files.ts";
import { splitSpec } from "../settings/split-spec.ts";
import { textKeys } from "../settings/text.ts";
import { classIndices, inferLabels } from "./classes.ts";
import {
  type LabelledRow,
  readLabelledRows,
  type TableFormat,
  type TextColumns,
  tableFormats,
} from "./labelled-rows.ts";
import { splitRows } from "./split.ts";
import { readTextFile } from "./text-file.ts";

/** Sentences with labels in `csv`, `tsv` or `jsonl` files. */
export interface LabelledTextSpec<Name extends string = string> {
  readonly name: Name;
  readonly split: Split;
  /** A file per split, relative to the folder of data sets; rows of missing splits come from `train`. */
  readonly files: { readonly train: string } & Readonly<Partial<Record<Split, string>>>;
  /** Folder with one subfolder per data set; by default `MOESAIC_DATA` or `~/.cache/moesaic/data`. */
  readonly root?: string;
  /** By default the extension of the file's name. */
  readonly format?: TableFormat;
  readonly columns: TextColumns;
  /**
   * The labels as written in the files, in the order of class indices; by default the labels of
   * `train`, sorted.
   */
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
export async function openLabelledText(spec: LabelledTextSpec): Promise<TextDataset> {
  const { name, split, files } = spec;
  const own = split === "train" ? undefined : files[split];
  const training =
    own === undefined || spec.labels === undefined ? await readRows(spec, files.train) : [];
  const labels = spec.labels ?? inferLabels(training, files.train);
  const rows = own === undefined ? training : await readRows(spec, own);
  const classes = classIndices(rows, labels, own ?? files.train);
  const members =
    own === undefined
      ? splitRows(name, split, rows.length, {
          validationSize: files.validation
            ? 0
            : (spec.validationSize ?? Math.floor(rows.length / 10)),
          testSize: files.test ? 0 : (spec.testSize ?? 0),
          seed: spec.splitSeed ?? 0,
        })
      : Uint32Array.from(rows.keys());
  return {
    kind: "text",
    name,
    split,
    length: members.length,
    classNames: namesOf(spec, labels),
    get: (index) => {
      checkIndex(index, members.length, `${name} ${split}`);
      const row = members[index]!;
      return { index, text: rows[row]!.text, label: classes[row]! };
    },
  };
}

async function readRows(spec: LabelledTextSpec, file: string): Promise<LabelledRow[]> {
  const hint = `set data.root to the folder that contains "${file}"`;
  const path = resolve(dataRoot(spec.root), file);
  const format = spec.format ?? formatOf(file);
  const rows = readLabelledRows(await readTextFile(path, { hint }), format, spec.columns, {
    name: path,
  });
  if (rows.length === 0) throw new UserError(`${path} has no rows`);
  return rows;
}

function formatOf(file: string): TableFormat {
  const ending = extname(file.replace(/\.gz$/, "")).slice(1);
  const format = tableFormats.find((known) => known === ending);
  if (format !== undefined) return format;
  throw usageError(
    `${file}: the format of labelled text is ${tableFormats.join(", ")}, got "${ending}"; rename the file or name its format`,
  );
}

function namesOf(spec: LabelledTextSpec, labels: readonly string[]): readonly string[] {
  const { name, classNames = labels } = spec;
  if (classNames.length === labels.length) return classNames;
  throw usageError(
    `${name}: ${labels.length} labels need the same number of class names, got ${classNames.length}`,
  );
}

/** The columns of a table of labelled texts. */
const textColumns = z.strictObject({
  text: z.array(z.union([z.string(), z.int().nonnegative()])).nonempty(),
  label: z.union([z.string(), z.int().nonnegative()]),
  header: z.boolean().optional(),
});

/** The definition of labelled texts. */
export const labelledText = defineDataset({
  name: "labelled-text",
  kind: "text",
  title: "Labelled text",
  description: "your own sentences with classes, in CSV, TSV or JSONL files",
  terms: "yours",
  splits: {},
  classNames: [],
  files: [],
  place: "name the files with data.files and their columns with data.columns",
  schema: z.strictObject({
    name: z.literal("labelled-text"),
    root,
    files: filesBySplit,
    columns: textColumns,
    format: z.enum(tableFormats).optional(),
    labels: z.array(z.string()).nonempty().optional(),
    class_names: z.array(z.string()).nonempty().optional(),
    validation_size: count,
    test_size: count,
    ...textKeys,
  }),
  spec: splitSpec,
  open: (spec: LabelledTextSpec<"labelled-text">) => openLabelledText(spec),
  describe: ({ labels, classNames = labels }) => defined({ classNames }),
  hasTestSplit: ({ files, testSize }) => files.test !== undefined || testSize !== undefined,
});
