/** Removes the remains of interrupted writes from a run directory. */
import { readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { repairCheckpoints, surveyCheckpoints } from "../checkpoints/checkpoint-store.ts";
import { isRunEntry, isTemporary, isUnfinishedStart } from "../run-entries.ts";
import { lockRun } from "../run-lock.ts";
import { diskUse } from "./disk-use.ts";

/** What a cleaning did. */
export interface CleanedRun {
  readonly path: string;
  readonly removed: readonly { readonly path: string; readonly bytes: number }[];
  /** Checkpoints that an interrupted save was replacing. */
  readonly restored: readonly string[];
}

/**
 * Removes incomplete checkpoints and files; a directory that was interrupted before its configuration
 * and has no metrics and checkpoints is removed as a whole. Complete checkpoints are never removed.
 *
 * @throws UserError if the run is being trained
 */
export async function cleanRun(path: string): Promise<CleanedRun> {
  const unlock = await lockRun(path);
  const removed: { path: string; bytes: number }[] = [];
  let restored: readonly string[] = [];
  try {
    const sizes = new Map<string, number>();
    for (const each of (await surveyCheckpoints(path)).leftovers) {
      sizes.set(each, (await diskUse(each)).bytes);
    }
    const repaired = await repairCheckpoints(path);
    restored = repaired.restored;
    for (const each of repaired.removed) removed.push({ path: each, bytes: sizes.get(each) ?? 0 });
    for (const name of await disposable(path)) {
      const each = join(path, name);
      const { bytes } = await diskUse(each);
      await rm(each, { recursive: true, force: true });
      removed.push({ path: each, bytes });
    }
  } finally {
    await unlock();
  }
  const left = await readdir(path);
  if (left.length === 0) {
    await rmdir(path);
    removed.push({ path, bytes: 0 });
  }
  return { path, removed, restored };
}

/** Names of the temporary files of a run, and of all its files if it has no configuration and no result. */
async function disposable(path: string): Promise<string[]> {
  const entries = await readdir(path);
  const temporary = entries.filter(isTemporary);
  if (!isUnfinishedStart(entries)) return temporary;
  const { checkpoints, unreadable } = await surveyCheckpoints(path);
  const { bytes } = await diskUse(join(path, "metrics.jsonl"));
  if (checkpoints.length + unreadable.length + bytes > 0) return temporary;
  return entries.filter((name) => isTemporary(name) || isRunEntry(name));
}
