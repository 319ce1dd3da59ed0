/** Picture files in folders: listing at any depth, links, and reading. */

import type { Stats } from "node:fs";
import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import { extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { UserError, usageError } from "../../graph/errors.ts";
import type { DataReport } from "../data-report.ts";
import { BrokenImageError, pictureEndings } from "./decode/decode.ts";

const maxPictureBytes = 2 ** 26;
const maxEntries = 5_000_000;

/** How the files of a folder are found. */
export interface FolderOptions {
  /**
   * Follows links to files and folders outside of the folder; by default true. If false, such a link
   * is an error.
   */
  readonly followLinks?: boolean;
}

/**
 * The path of `name` within `folder`, which is relative to the folder, or absolute and within it.
 *
 * @throws UserError for a name that leads out of the folder: by `..`, as an absolute path elsewhere,
 *   or by a link if links are not followed
 */
export async function resolveInside(
  folder: string,
  name: string,
  { followLinks = true }: FolderOptions = {},
): Promise<string> {
  const root = await realpath(folder);
  const way = isAbsolute(name) ? inFolder([resolve(folder), root], name) : name;
  const path = join(root, way ?? "..");
  if (name.includes("\0") || isOutside(root, path)) {
    throw new UserError(`"${name}" leads out of ${folder}; name files within the folder only`);
  }
  const target = await realpath(path);
  if (followLinks || !isOutside(root, target)) return path;
  throw new UserError(
    `"${name}" is a link that leads out of ${folder}; put the file into the folder, or set data.follow_links: true`,
  );
}

function inFolder(roots: readonly string[], name: string): string | undefined {
  const root = roots.find((one) => !isOutside(one, name));
  return root === undefined ? undefined : relative(root, name);
}

function isOutside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way);
}

/** The bytes of a picture within `folder`; a file that cannot be read or is too large counts as broken. */
export async function readPicture(
  folder: string,
  name: string,
  options: FolderOptions = {},
): Promise<Uint8Array> {
  try {
    const path = await resolveInside(folder, name, options);
    const stats = await stat(path);
    if (stats.isDirectory()) throw new BrokenImageError("it is a folder");
    if (!stats.isFile()) throw new BrokenImageError("it is not a regular file");
    if (stats.size > maxPictureBytes) {
      throw new BrokenImageError(`it has more than ${maxPictureBytes} bytes`);
    }
    return await readFile(path);
  } catch (cause) {
    throw await explain(cause as NodeJS.ErrnoException, join(folder, name));
  }
}

/** An error of the file system as a broken picture. */
async function explain(cause: NodeJS.ErrnoException, path: string): Promise<Error> {
  const { code } = cause;
  if (code === undefined) return cause;
  const isLink = await lstat(path).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
  const reason =
    code === "ENOENT" || code === "ENOTDIR"
      ? isLink
        ? "it is a link to a file that does not exist"
        : "the file does not exist"
      : code === "ELOOP"
        ? "it is a link that leads back to itself"
        : code === "EACCES" || code === "EPERM"
          ? "it cannot be read: permission denied"
          : `it cannot be read (${code})`;
  return new BrokenImageError(reason, { cause });
}

/** Names of the direct subfolders of `folder`, sorted, without hidden ones. */
export async function subfolders(folder: string, options: FolderOptions = {}): Promise<string[]> {
  const all = await entries(folder, "", options);
  return all.filter(({ isFolder }) => isFolder).map(({ name }) => name);
}

/** Counts the pictures that lie directly in a folder whose pictures must be in subfolders. */
export async function reportLoosePictures(
  folder: string,
  report: DataReport,
  options: FolderOptions = {},
): Promise<void> {
  for (const { name, isFolder } of await entries(folder, "", options)) {
    if (isFolder || !isPictureName(name)) continue;
    report.skip("pictures", "they are outside of the class folders", join(folder, name));
  }
}

/**
 * Paths of the pictures in a folder and its subfolders, from the folder on, sorted. Other files, hidden
 * ones and repeated folders are counted in the report.
 *
 * @throws UserError for more than `maxPictures`
 */
export async function picturesBelow(
  folder: string,
  report: DataReport,
  options: FolderOptions & { readonly maxPictures?: number } = {},
): Promise<string[]> {
  const { maxPictures = maxEntries } = options;
  const found: string[] = [];
  const seen = new Set<string>();
  const walk = async (way: string): Promise<void> => {
    const real = await realpath(join(folder, way));
    if (seen.has(real)) {
      report.skip(
        "folders",
        "they are links to folders that are listed already",
        join(folder, way),
      );
      return;
    }
    seen.add(real);
    const inside = await entries(folder, way, options, report);
    for (const { name, isFolder } of inside) {
      if (isFolder) continue;
      const path = join(way, name);
      if (!isPictureName(name)) {
        const ending = extname(name).toLowerCase();
        const reason =
          ending === "" ? "their names have no ending" : `their names end in ${ending}`;
        report.skip("files", `${reason}, which is not a picture format`, join(folder, path));
        continue;
      }
      if (found.length === maxPictures) {
        throw new UserError(
          `${folder} has more than ${maxPictures} pictures; name a smaller folder`,
        );
      }
      found.push(path);
    }
    for (const { name, isFolder } of inside) if (isFolder) await walk(join(way, name));
  };
  await walk("");
  return found.sort();
}

function isPictureName(name: string): boolean {
  return pictureEndings.includes(extname(name).toLowerCase());
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** The visible entries of a subfolder, sorted. */
async function entries(
  root: string,
  way: string,
  options: FolderOptions,
  report?: DataReport,
): Promise<Entry[]> {
  const folder = join(root, way);
  const all = await readdir(folder, { withFileTypes: true }).catch((cause: Error) => {
    throw usageError(`the folder ${folder} cannot be read: ${cause.message}`, { cause });
  });
  if (all.length > maxEntries) {
    throw new UserError(`${folder} has ${all.length} entries, more than ${maxEntries}`);
  }
  const visible = all.filter(({ name }) => !name.startsWith("."));
  for (const { name } of all) {
    if (name.startsWith(".")) {
      report?.skip(
        "files",
        "they are hidden, because their names begin with a dot",
        join(folder, name),
      );
    }
  }
  const known = await Promise.all(
    visible.map(async (entry) => {
      if (!entry.isSymbolicLink()) return { name: entry.name, isFolder: entry.isDirectory() };
      const target = await targetOf(root, join(way, entry.name), options);
      return { name: entry.name, isFolder: target?.isDirectory() ?? false };
    }),
  );
  return known.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** What a link leads to; undefined for a link to nothing, which is a broken file. */
async function targetOf(
  root: string,
  way: string,
  options: FolderOptions,
): Promise<Stats | undefined> {
  try {
    return await stat(await resolveInside(root, way, options));
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    return undefined;
  }
}
