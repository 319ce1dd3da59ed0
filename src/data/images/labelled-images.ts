/** Pictures with classes from tables: Parquet files, or lists of paths and labels. */

import * as z from "zod";
import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import { createDataReport, type DataReport, withReport } from "../data-report.ts";
import type { ImageDataset, Split } from "../dataset.ts";
import { defineDataset } from "../define-dataset.ts";
import { expandFiles } from "../expand-files.ts";
import {
  type FilesBySplit,
  filesBySplit,
  picturesFolder,
  separator,
  setAsideKeys,
} from "../settings/files.ts";
import { folderKeys, imageKeys, pictureKeys, squareImages } from "../settings/image.ts";
import { splitSpec } from "../settings/split-spec.ts";
import { captionKeys } from "../settings/text.ts";
import { findShards } from "../shards.ts";
import { classIndices, inferLabels, warnOfLabels } from "../text/classes.ts";
import type { Separator } from "../text/delimited.ts";
import { splitRows } from "../text/split.ts";
import { type FolderOptions, resolveInside } from "./folder-files.ts";
import { readTable } from "./picture-table.ts";
import { type EncodedSample, type StoreHooks, type StoreOptions, storeInto } from "./store.ts";

/** Pictures and labels in tables within a folder. */
export interface LabelledImagesSpec extends StoreOptions, FolderOptions {
  readonly name: "labelled-images";
  readonly split: Split;
  readonly folder: string;
  /**
   * Files per split within the folder, also as lists and patterns; rows of missing splits come from
   * `train`. By default Parquet files named as on the Hugging Face hub.
   */
  readonly files?: FilesBySplit;
  /** The columns of pictures and labels; by default known names. */
  readonly columns?: { readonly image?: string; readonly label?: string };
  readonly separator?: Separator;
  /** The folder within `folder` at which paths in lists start, by default `folder`. */
  readonly images?: string;
  /** The labels as the files write them, in the order of classes; by default the labels of `train`, sorted. */
  readonly labels?: readonly string[];
  /** Names of the classes, by default from the metadata of Parquet files, else the labels. */
  readonly classNames?: readonly string[];
  readonly validationSize?: number;
  readonly testSize?: number;
  readonly splitSeed?: number;
}

const hint = "set data.files to the tables within data.folder";

/**
 * Opens a split of labelled pictures. Classes are numbered by the training files.
 *
 * @throws UserError for files and columns that are missing, and labels that training lacks
 * @example
 * const set = await openLabelledImages({ name: "labelled-images", split: "train", folder: "beans", size: 64 });
 * set.classNames; // of the feature ClassLabel: ["angular_leaf_spot", "bean_rust", "healthy"]
 */
export function openLabelledImages(
  spec: LabelledImagesSpec,
  hooks: StoreHooks = {},
): Promise<ImageDataset> {
  const { name, split } = spec;
  return withReport(`${name} ${split}`, hooks, async (report) => {
    const { table, members, classNames, classes } = await plan(spec, report);
    async function* samples(): AsyncGenerator<EncodedSample> {
      let at = 0;
      for await (const read of table.read(members)) {
        const member = members[at++]!;
        yield { source: table.rows[member]!.source, label: classes[member]!, read };
      }
    }
    const { length } = members;
    return storeInto({ name, split, classNames, length, samples: samples() }, spec, hooks, report);
  });
}

async function plan(spec: LabelledImagesSpec, report: DataReport) {
  const { name, split } = spec;
  const files = await filesOf(spec, split);
  const training = await filesOf(spec, "train");
  if (training === undefined) {
    throw usageError(
      `${spec.folder} has no Parquet files such as train-00000-of-00001.parquet; ${hint}`,
    );
  }
  const table = await readTable(spec, files ?? training, hint);
  const naming =
    files === undefined || split === "train" ? table : await readTable(spec, training, hint);
  const named = spec.labels === undefined ? naming.classNames : undefined;
  const labels = spec.labels ?? named?.map((_, i) => `${i}`) ?? inferLabels(naming.rows);
  const classNames = spec.classNames ?? named ?? labels;
  if (classNames.length !== labels.length) {
    throw usageError(
      `${name}: ${labels.length} labels need the same number of class names, got ${classNames.length}`,
    );
  }
  if (split === "train")
    warnOfLabels(labels, labels !== spec.labels && named !== undefined, report);
  const total = table.rows.length;
  const aside = Math.floor(total / 10);
  const has = async (part: Split) => (await filesOf(spec, part)) !== undefined;
  const members =
    files !== undefined && split !== "train"
      ? Uint32Array.from({ length: total }, (_, index) => index)
      : splitRows(name, split, total, {
          validationSize: (await has("validation")) ? 0 : (spec.validationSize ?? aside),
          testSize: (await has("test")) ? 0 : (spec.testSize ?? aside),
          seed: spec.splitSeed ?? 0,
        });
  return { table, members, classNames, classes: classIndices(table.rows, labels) };
}

/** The files of a split; undefined if it has none. */
async function filesOf(
  { folder, files }: LabelledImagesSpec,
  split: Split,
): Promise<readonly string[] | undefined> {
  if (files === undefined) {
    const found = await findShards(folder, split);
    return found.length === 0 ? undefined : found;
  }
  const own = files[split];
  if (own === undefined) return undefined;
  const names = await expandFiles(folder, own);
  return Promise.all(
    names.map((name) =>
      resolveInside(folder, name).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code !== "ENOENT") throw cause;
        throw usageError(`${folder} has no file ${name}; ${hint}`, { cause });
      }),
    ),
  );
}

/** The definition of labelled pictures. */
export const labelledImages = defineDataset({
  name: "labelled-images",
  kind: "image",
  title: "Labelled images",
  description: "your own pictures with classes, in Parquet files or lists",
  terms: "yours",
  splits: {},
  classNames: [],
  files: [],
  place: "name the folder of the tables with data.folder",
  schema: z.strictObject({
    name: z.literal("labelled-images").describe("Name of the data set."),
    ...folderKeys,
    files: filesBySplit
      .optional()
      .describe("Parquet files, or lists (CSV, TSV, JSONL, JSON) of paths and labels."),
    columns: z
      .strictObject({
        image: z.string().optional().describe("Column of the pictures."),
        label: z.string().optional().describe("Column of the labels."),
      })
      .optional()
      .describe("Columns of the tables; known names are found by default."),
    separator,
    images: picturesFolder,
    labels: z
      .array(z.string())
      .nonempty()
      .optional()
      .describe("Values of the label column, in the order of the classes."),
    class_names: z.array(z.string()).nonempty().optional().describe("Names of the classes."),
    ...setAsideKeys,
    ...captionKeys,
    ...pictureKeys,
    ...imageKeys,
  }),
  spec: splitSpec,
  open: openLabelledImages,
  async check(spec) {
    await plan(spec, createDataReport(spec.name));
  },
  describe: ({ labels, classNames = labels, ...settings }) => ({
    ...defined({ classNames }),
    ...squareImages(settings),
  }),
  hasTestSplit: ({ files, testSize }) => files?.test !== undefined || testSize !== 0,
});
