/** Pictures with captions, from a list in a CSV, TSV or JSONL file or from Parquet files. */

import { existsSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import * as z from "zod";
import { defined } from "../../../graph/defined.ts";
import { usageError } from "../../../graph/errors.ts";
import type { ImageDataset, Split } from "../../dataset.ts";
import { defineDataset } from "../../define-dataset.ts";
import { expandFiles } from "../../expand-files.ts";
import {
  type Files,
  type FilesBySplit,
  filesBySplit,
  picturesFolder,
  separator,
  setAsideKeys,
} from "../../settings/files.ts";
import { folderKeys, imageKeys, pictureKeys, squareImages } from "../../settings/image.ts";
import { splitSpec } from "../../settings/split-spec.ts";
import { captionKeys } from "../../settings/text.ts";
import { findShards } from "../../shards.ts";
import type { Separator } from "../../text/delimited.ts";
import { splitRows } from "../../text/split.ts";
import { type FolderOptions, resolveInside } from "../folder-files.ts";
import { splitFoldersIn } from "../split-folders.ts";
import { type StoreHooks, type StoreOptions, storeImages } from "../store.ts";
import { type CaptionPairs, openListedPairs } from "./caption-pairs.ts";
import type { CaptionColumns } from "./caption-rows.ts";
import { openParquetPairs } from "./parquet-pairs.ts";

/** A folder of pictures and the lists of their captions. */
export interface CaptionedImagesSpec extends StoreOptions, FolderOptions {
  readonly name: "captioned-images";
  readonly split: Split;
  readonly folder: string;
  /**
   * Lists or Parquet files per split, within the folder, also as patterns such as data/train-*; rows of missing splits come from `train`. By
   * default Parquet files such as train-00000-of-00001.parquet, else the first of `captions` and
   * `metadata` that exists with the ending .csv, .tsv, .jsonl or .parquet.
   */
  readonly files?: FilesBySplit;
  readonly columns?: CaptionColumns;
  /** What separates the fields of CSV files, by default by their first lines. */
  readonly separator?: Separator;
  /**
   * The folder within `folder` at which paths start, by default `folder` itself, and for metadata.jsonl
   * and the like the folder of that file.
   */
  readonly images?: string;
  /** Pictures of `train` set aside if validation has no list, by default a tenth of them. */
  readonly validationSize?: number;
  /** Pictures of `train` set aside if test has no list, by default a tenth of them. */
  readonly testSize?: number;
  /** Seed of the permutation that sets pictures aside, by default 0. */
  readonly splitSeed?: number;
}

/** Files of each split within the folder. */
type Parts = { readonly train: readonly string[] } & Partial<Record<Split, readonly string[]>>;

const hint = "set data.files to the lists within data.folder";

/**
 * Opens a split of captioned pictures. Rows that name the same path are one sample with all their
 * captions. Paths are relative to the folder and must stay inside it. There are no classes; labels are 0.
 *
 * @example
 * const set = await openCaptionedImages({ name: "captioned-images", split: "train", folder: "pets" });
 * set.get(0).captions // ["A cat on a mat."]
 */
export async function openCaptionedImages(
  spec: CaptionedImagesSpec,
  hooks: StoreHooks = {},
): Promise<ImageDataset> {
  const { name, split } = spec;
  const { pairs, members } = await planPairs(spec);
  const samples = pairs.read(members);
  return storeImages({ name, split, classNames: [], length: members.length, samples }, spec, hooks);
}

/** The pairs and the positions of the split's pairs among them. */
async function planPairs(
  spec: CaptionedImagesSpec,
): Promise<{ pairs: CaptionPairs; members: Uint32Array }> {
  const { name, split, folder } = spec;
  const parts =
    spec.files === undefined ? await findParts(folder) : await partsOf(folder, spec.files);
  const own = parts[split];
  const pairs = await openPairs(spec, own ?? parts.train);
  const aside = Math.floor(pairs.length / 10);
  const members =
    own === undefined || split === "train"
      ? splitRows(name, split, pairs.length, {
          validationSize: parts.validation ? 0 : (spec.validationSize ?? aside),
          testSize: parts.test ? 0 : (spec.testSize ?? aside),
          seed: spec.splitSeed ?? 0,
        })
      : Uint32Array.from({ length: pairs.length }, (_, index) => index);
  return { pairs, members };
}

async function openPairs(
  spec: CaptionedImagesSpec,
  files: readonly string[],
): Promise<CaptionPairs> {
  const { folder, columns } = spec;
  const { followLinks, separator, images } = spec;
  // On the Hub, paths in metadata files start at the folder of the file.
  const own = /^metadata\./.test(basename(files[0]!)) ? dirname(files[0]!) : "";
  const options = {
    hint,
    base: images ?? own,
    keepBroken: spec.onBroken === "skip",
    ...defined({ followLinks, separator }),
  };
  const paths = await Promise.all(files.map((file) => pathWithin(folder, file, options)));
  if (files[0]!.endsWith(".parquet")) return openParquetPairs(paths, folder, columns, options);
  return openListedPairs(paths, folder, columns, options);
}

async function pathWithin(folder: string, file: string, options: FolderOptions): Promise<string> {
  try {
    return await resolveInside(folder, file, options);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw usageError(`${join(folder, file)} is missing; ${hint}`, { cause });
  }
}

async function partsOf(folder: string, { train, validation, test }: FilesBySplit): Promise<Parts> {
  const expand = async (files: Files | undefined): Promise<readonly string[] | undefined> =>
    files === undefined ? undefined : expandFiles(folder, files);
  return {
    train: await expandFiles(folder, train),
    ...defined({ validation: await expand(validation), test: await expand(test) }),
  };
}

const listNames = ["captions", "metadata"].flatMap((stem) =>
  ["csv", "tsv", "jsonl", "json", "txt", "parquet"].map((ending) => `${stem}.${ending}`),
);

/** Parquet files named by their split, else a list with a known name, else one in each split's folder. */
async function findParts(folder: string): Promise<Parts> {
  const shards = async (split: Split): Promise<string[]> =>
    (await findShards(folder, split)).map((path) => relative(folder, path));
  const train = await shards("train");
  if (train.length > 0) {
    const [validation, test] = [await shards("validation"), await shards("test")];
    return {
      train,
      ...(validation.length > 0 && { validation }),
      ...(test.length > 0 && { test }),
    };
  }
  const list = (place: string | undefined): string | undefined =>
    place === undefined
      ? undefined
      : listNames.map((name) => join(place, name)).find((path) => existsSync(join(folder, path)));
  const found = list("");
  if (found !== undefined) return { train: [found] };
  const given = existsSync(folder) ? splitFoldersIn(folder) : {};
  const trainList = list(given.train);
  if (trainList !== undefined) {
    const [validation, test] = [list(given.validation), list(given.test)];
    return partsOf(folder, { train: trainList, ...defined({ validation, test }) });
  }
  throw usageError(
    `${folder} has none of ${listNames.join(", ")} and no train-00000-of-00001.parquet; set data.files to the list of captions`,
  );
}

/** The columns of a table with pictures and captions; by default known names are searched. */
const pairColumns = z.strictObject({
  image: z.string().optional().describe("Column of the pictures."),
  encoding: z
    .enum(["path", "base64"])
    .optional()
    .describe("Whether the column holds paths or pictures in base64."),
  captions: z
    .union([z.string(), z.array(z.string()).nonempty()])
    .optional()
    .describe("One column, or several with a caption each."),
});

/** The definition of captioned images. */
export const captionedImages = defineDataset({
  name: "captioned-images",
  kind: "image",
  title: "Captioned images",
  description: "your own pictures with sentences, in a CSV, TSV, JSONL or Parquet file",
  terms: "yours",
  splits: {},
  classNames: [],
  files: [],
  place:
    "name the folder of the pictures and the files of their captions with data.folder and data.files",
  schema: z.strictObject({
    name: z.literal("captioned-images").describe("Name of the data set."),
    ...folderKeys,
    files: filesBySplit
      .optional()
      .describe(
        "Lists (CSV, TSV, JSONL) or Parquet files within the folder; by default known names.",
      ),
    columns: pairColumns
      .optional()
      .describe("Columns of the tables; known names are found by default."),
    separator,
    images: picturesFolder,
    ...setAsideKeys,
    ...captionKeys,
    ...pictureKeys,
    ...imageKeys,
  }),
  spec: splitSpec,
  open: openCaptionedImages,
  describe: (settings) => ({ classNames: [], captions: true, ...squareImages(settings) }),
  async check(spec) {
    await planPairs(spec);
  },
  hasTestSplit: ({ files, testSize }) => files?.test !== undefined || testSize !== 0,
});
