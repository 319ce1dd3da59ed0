/** Pictures with captions, named by a list in a CSV, TSV or JSONL file or held by Parquet files. */

import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { usageError } from "../../../graph/errors.ts";
import type { ImageDataset, Split } from "../../dataset.ts";
import { splitRows } from "../../text/split.ts";
import { resolveInside } from "../folder-files.ts";
import { findShards } from "../shards.ts";
import type { CaptionedImagesSpec } from "../specs.ts";
import { type StoreHooks, storeImages } from "../store.ts";
import { type CaptionPairs, openListedPairs } from "./caption-pairs.ts";
import { openParquetPairs } from "./parquet-pairs.ts";

/** Files of each split within the folder. */
type Parts = { readonly train: readonly string[] } & Partial<Record<Split, readonly string[]>>;

const hint = "set data.files to the lists within data.folder";

/**
 * Opens a split of captioned pictures. Rows that name the same path are one sample with all their
 * captions. Paths start at the folder and may not leave it. There are no classes; labels are 0.
 *
 * @example
 * const set = await openCaptionedImages({ name: "captioned-images", split: "train", folder: "pets" });
 * set.get(0).captions // ["A cat on a mat."]
 */
export async function openCaptionedImages(
  spec: CaptionedImagesSpec,
  hooks: StoreHooks = {},
): Promise<ImageDataset> {
  const { name, split, folder } = spec;
  const parts = spec.files === undefined ? await findParts(folder) : partsOf(spec.files);
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
  const samples = pairs.read(members);
  return storeImages({ name, split, classNames: [], length: members.length, samples }, spec, hooks);
}

async function openPairs(
  { folder, columns }: CaptionedImagesSpec,
  files: readonly string[],
): Promise<CaptionPairs> {
  const paths = await Promise.all(files.map((file) => pathWithin(folder, file)));
  if (files[0]!.endsWith(".parquet")) return openParquetPairs(paths, folder, columns, hint);
  return openListedPairs(paths[0]!, folder, columns, hint);
}

async function pathWithin(folder: string, file: string): Promise<string> {
  try {
    return await resolveInside(folder, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw usageError(`${join(folder, file)} is missing; ${hint}`, { cause });
  }
}

function partsOf({ train, validation, test }: NonNullable<CaptionedImagesSpec["files"]>): Parts {
  return {
    train: [train],
    ...(validation !== undefined && { validation: [validation] }),
    ...(test !== undefined && { test: [test] }),
  };
}

/** Parquet files named by their split, else one list with a known name. */
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
  const names = ["captions", "metadata"].flatMap((stem) =>
    ["csv", "tsv", "jsonl", "parquet"].map((ending) => `${stem}.${ending}`),
  );
  const found = names.find((name) => existsSync(join(folder, name)));
  if (found !== undefined) return { train: [found] };
  throw usageError(
    `${folder} has none of ${names.join(", ")} and no train-00000-of-00001.parquet; set data.files to the list of captions`,
  );
}
