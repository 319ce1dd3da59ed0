/** Folders named by their split: `train`, `val`, `test` and other usual names, in any case. */

import { type Dirent, existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import type { Split } from "../dataset.ts";

/** Names of the folders of each split, in lower case. */
export const splitNames = {
  train: ["train", "training"],
  validation: ["validation", "valid", "val", "dev", "eval"],
  test: ["test", "testing"],
} as const satisfies Record<Split, readonly string[]>;

/** The name of the folder of each split that there is. */
export type SplitFolders = { readonly train: string } & Readonly<Partial<Record<Split, string>>>;

/**
 * The folders of the splits, if there are any. A `train` folder without subfolders is a class of that
 * name.
 *
 * @throws UserError (exit code 2) for two folders of one split, or other splits without a `train` folder
 */
export function findSplitFolders(folder: string): SplitFolders | undefined {
  if (!existsSync(folder)) return undefined;
  const found = splitFoldersIn(folder);
  if (found.train !== undefined && foldersIn(join(folder, found.train)).length > 0) {
    return { ...found, train: found.train };
  }
  const names = foldersIn(folder);
  const own = Object.values(found);
  if (names.length > 0 && found.train === undefined && names.every((name) => own.includes(name))) {
    throw usageError(`${folder} has ${names.join(" and ")} but no train folder; add it`);
  }
  return undefined;
}

/**
 * The names of the folders of splits, whatever they contain.
 *
 * @throws UserError (exit code 2) for two folders of one split
 */
export function splitFoldersIn(folder: string): Partial<Record<Split, string>> {
  const names = foldersIn(folder);
  const found = (split: Split): string | undefined => {
    const all = names.filter((name) => isNameOf(split, name));
    if (all.length < 2) return all[0];
    throw usageError(
      `${folder} has several folders of the ${split} split, ${all.join(" and ")}; keep one of them`,
    );
  };
  const [train, validation, test] = [found("train"), found("validation"), found("test")];
  return defined({ train, validation, test });
}

function isNameOf(split: Split, name: string): boolean {
  return (splitNames[split] as readonly string[]).includes(name.toLowerCase());
}

function foldersIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.name.startsWith(".") && isFolder(folder, entry))
    .map(({ name }) => name)
    .sort();
}

function isFolder(folder: string, entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(join(folder, entry.name), { throwIfNoEntry: false })?.isDirectory() ?? false;
}
