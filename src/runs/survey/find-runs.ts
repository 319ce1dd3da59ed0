/** Searches a folder for run directories, with limits of depth and number of folders. */
import { statSync } from "node:fs";
import { opendir, realpath } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../files.ts";

const MAX_FOLDERS = 5000;

export interface FindRunsOptions {
  /** Whether a folder is a run; there is no search below runs. */
  isRun(folder: string): boolean;
  /** Levels of folders below the given one. */
  readonly maxDepth: number;
}

/** The run directories below a folder, and what the search skipped. */
export interface FoundRuns {
  /** In the order of their names. */
  readonly runs: string[];
  /** Links to folders, which are not followed. */
  readonly links: string[];
  /** Folders that cannot be read, with the reason. */
  readonly unreadable: { readonly path: string; readonly reason: string }[];
  /** Folders below the deepest level, or after the maximum number of folders. */
  readonly unvisited: string[];
}

/** Finds `root` itself if it is a run, otherwise the runs below it; hidden folders are skipped. */
export async function findRuns(
  root: string,
  { isRun, maxDepth }: FindRunsOptions,
): Promise<FoundRuns> {
  const found: FoundRuns = { runs: [], links: [], unreadable: [], unvisited: [] };
  let left = MAX_FOLDERS;
  const visit = async (folder: string, depth: number): Promise<void> => {
    if (isRun(folder)) found.runs.push(folder);
    else if (depth === 0 || left-- <= 0) found.unvisited.push(folder);
    else {
      for (const name of await foldersIn(folder, found)) await visit(join(folder, name), depth - 1);
    }
  };
  await visit(root, maxDepth);
  return found;
}

/** Subfolders by name. */
async function foldersIn(folder: string, found: FoundRuns): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of await opendir(await realpath(folder))) {
      const path = join(folder, entry.name);
      if (entry.name.startsWith(".")) continue;
      if (entry.isSymbolicLink() && isFolder(path)) found.links.push(path);
      if (!entry.isDirectory()) continue;
      if (names.length < MAX_FOLDERS) names.push(entry.name);
      else found.unvisited.push(path);
    }
  } catch (error) {
    if (errorCode(error) === "ENOENT") return []; // removed in the meantime
    found.unreadable.push({ path: folder, reason: errorCode(error) ?? (error as Error).message });
    return [];
  }
  return names.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

function isFolder(link: string): boolean {
  try {
    return statSync(link).isDirectory();
  } catch {
    return false; // leads nowhere, or in a circle
  }
}
