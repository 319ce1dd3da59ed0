/** Reads files inside a folder; files outside of it are never opened. */

import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { isAbsolute, join, relative, sep } from "node:path";
import { UserError } from "../../graph/errors.ts";
import { BrokenImageError } from "./decode.ts";

const maxPictureBytes = 2 ** 26;
const maxEntries = 5_000_000;
const pictureName = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

/** The path of `name` within `folder`. @throws UserError if the name or a link leads out of it */
export async function resolveInside(folder: string, name: string): Promise<string> {
  const root = await realpath(folder);
  const outside = (path: string): boolean => {
    const way = relative(root, path);
    return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way);
  };
  const path = join(root, name);
  if (isAbsolute(name) || name.includes("\0") || outside(path) || outside(await realpath(path))) {
    throw new UserError(`"${name}" leads out of ${folder}; name files within the folder only`);
  }
  return path;
}

/**
 * The bytes of a picture within `folder`; a missing or too large file is a broken picture.
 *
 * @throws BrokenImageError if the file is missing, too large or a folder
 */
export async function readPicture(folder: string, name: string): Promise<Uint8Array> {
  try {
    const path = await resolveInside(folder, name);
    const { size } = await stat(path);
    if (size > maxPictureBytes) {
      throw new BrokenImageError(`it has ${size} bytes, more than ${maxPictureBytes}`);
    }
    return await readFile(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new BrokenImageError("the file does not exist", { cause });
    if (code === "EISDIR") throw new BrokenImageError("it is a folder", { cause });
    throw cause;
  }
}

/** Sorted names of the direct subfolders of `folder`, without hidden ones. */
export async function subfolders(folder: string): Promise<string[]> {
  return (await entries(folder)).filter(({ isFolder }) => isFolder).map(({ name }) => name);
}

/** Sorted names of the picture files directly in `folder`; other files are skipped. */
export async function pictureFiles(folder: string): Promise<string[]> {
  const all = await entries(folder);
  return all.filter((one) => !one.isFolder && pictureName.test(one.name)).map(({ name }) => name);
}

async function entries(folder: string): Promise<{ name: string; isFolder: boolean }[]> {
  const found = await readdir(folder, { withFileTypes: true });
  if (found.length > maxEntries) {
    throw new UserError(`${folder} has ${found.length} entries, more than ${maxEntries}`);
  }
  const visible = found.filter(({ name }) => !name.startsWith("."));
  const known = await Promise.all(
    visible.map(async (entry) => {
      if (!entry.isSymbolicLink()) return { name: entry.name, isFolder: entry.isDirectory() };
      const target = await stat(await resolveInside(folder, entry.name));
      return { name: entry.name, isFolder: target.isDirectory() };
    }),
  );
  return known.sort((a, b) => (a.name < b.name ? -1 : 1));
}
