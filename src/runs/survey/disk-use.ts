/** Size and last change of files and folders. */
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";

export interface DiskUse {
  /** Size of all files, bytes. */
  readonly bytes: number;
  /** Last change of a file, milliseconds since 1970; null if there are no files. */
  readonly changed: number | null;
}

const MAX_DEPTH = 8;

/** Adds up a file or folder; links count as themselves, and entries that cannot be read as nothing. */
export async function diskUse(path: string, maxDepth: number = MAX_DEPTH): Promise<DiskUse> {
  const stat = await lstat(path).catch(() => undefined);
  if (stat === undefined) return { bytes: 0, changed: null };
  if (!stat.isDirectory()) return { bytes: stat.size, changed: stat.mtimeMs };
  let bytes = 0;
  let changed: number | null = null;
  if (maxDepth === 0) return { bytes, changed };
  for (const name of await readdir(path).catch(() => [])) {
    const use = await diskUse(join(path, name), maxDepth - 1);
    bytes += use.bytes;
    if (use.changed !== null) changed = Math.max(changed ?? 0, use.changed);
  }
  return { bytes, changed };
}
