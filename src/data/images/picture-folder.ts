/** Picture files without classes: all files below a folder, or files by name. */
import { existsSync, statSync } from "node:fs";
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { UserError, usageError } from "../../graph/errors.ts";
import type { ImageDataset } from "../dataset.ts";
import { pictureFiles, readPicture, subfolders } from "./folder-files.ts";
import { type EncodedSample, type StoreHooks, type StoreOptions, storeImages } from "./store.ts";

const maxPictures = 1_000_000;

/** Pictures and their paths. */
export interface PictureSet {
  readonly dataset: ImageDataset;
  /** Path of every sample, relative to the folder. */
  readonly paths: readonly string[];
}

/**
 * Opens all pictures of a folder and its subfolders, in the order of their paths. Hidden files and
 * folders, and files without a known picture extension, are skipped.
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
  const paths: string[] = [];
  await listBelow(folder, "", new Set(), paths);
  if (paths.length === 0) {
    throw usageError(
      `${folder} and its subfolders have no pictures (JPEG, PNG, WebP, GIF, TIFF, AVIF); name another folder`,
    );
  }
  return openPictures(folder, paths.sort(), options, hooks);
}

/** Opens pictures by their paths within a folder; they count as a test split. */
export async function openPictures(
  folder: string,
  paths: readonly string[],
  options: StoreOptions = {},
  hooks: StoreHooks = {},
): Promise<PictureSet> {
  async function* samples(): AsyncGenerator<EncodedSample> {
    for (const path of paths) {
      yield { source: join(folder, path), read: () => readPicture(folder, path) };
    }
  }
  const encoded = { name: folder, split: "test", classNames: [], length: paths.length } as const;
  const dataset = await storeImages({ ...encoded, samples: samples() }, options, hooks);
  return { dataset, paths: Array.from(dataset.shared!.members, (member) => paths[member]!) };
}

/** Links to a folder that was already visited are not followed. */
async function listBelow(
  root: string,
  way: string,
  seen: Set<string>,
  found: string[],
): Promise<void> {
  const folder = join(root, way);
  const real = await realpath(folder);
  if (seen.has(real)) return;
  seen.add(real);
  for (const name of await pictureFiles(folder)) {
    if (found.length === maxPictures) {
      throw new UserError(`${root} has more than ${maxPictures} pictures; name a smaller folder`);
    }
    found.push(join(way, name));
  }
  for (const name of await subfolders(folder)) await listBelow(root, join(way, name), seen, found);
}
