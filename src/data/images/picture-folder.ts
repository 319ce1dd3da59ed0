/** Picture files without classes: all files below a folder, or files by name. */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { usageError } from "../../graph/errors.ts";
import { withReport } from "../data-report.ts";
import type { ImageDataset } from "../dataset.ts";
import { pictureFormats } from "./decode/decode.ts";
import { picturesBelow, readPicture } from "./folder-files.ts";
import {
  type EncodedSample,
  type EncodedSplit,
  type StoreHooks,
  type StoreOptions,
  storeImages,
  storeInto,
} from "./store.ts";

const maxPictures = 1_000_000;

/** Pictures and their paths. */
export interface PictureSet {
  readonly dataset: ImageDataset;
  /** Path of every sample, relative to the folder. */
  readonly paths: readonly string[];
}

/**
 * Opens all pictures of a folder and its subfolders, in the order of their paths. Hidden files and
 * folders, and files without the ending of a picture, are skipped and reported.
 *
 * @throws UserError (exit code 2) if the folder does not exist or has no pictures
 * @example
 * const { dataset, paths } = await openPictureFolder("holiday", { size: 64, onBroken: "skip" });
 */
export async function openPictureFolder(
  folder: string,
  options: StoreOptions = {},
  hooks: StoreHooks = {},
): Promise<PictureSet> {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw usageError(`${folder} is not a folder; name a folder of pictures`);
  }
  return withReport(folder, hooks, async (report) => {
    const paths = await picturesBelow(folder, report, { maxPictures });
    if (paths.length === 0) {
      throw usageError(
        `${folder} and its subfolders have no pictures (${pictureFormats}); name another folder`,
      );
    }
    const dataset = await storeInto(encodedPictures(folder, paths), options, hooks, report);
    return { dataset, paths: keptPaths(dataset, paths) };
  });
}

/** Opens pictures by their paths within a folder; they count as a test split. */
export async function openPictures(
  folder: string,
  paths: readonly string[],
  options: StoreOptions = {},
  hooks: StoreHooks = {},
): Promise<PictureSet> {
  const dataset = await storeImages(encodedPictures(folder, paths), options, hooks);
  return { dataset, paths: keptPaths(dataset, paths) };
}

function encodedPictures(folder: string, paths: readonly string[]): EncodedSplit {
  async function* samples(): AsyncGenerator<EncodedSample> {
    for (const path of paths) {
      yield { source: join(folder, path), read: () => readPicture(folder, path) };
    }
  }
  const { length } = paths;
  return { name: folder, split: "test", classNames: [], length, samples: samples() };
}

/** Paths of the pictures that were not skipped. */
function keptPaths({ shared }: ImageDataset, paths: readonly string[]): string[] {
  return Array.from(shared!.members, (member) => paths[member]!);
}
