/** All runs below the given directories, including runs that appear later. */

import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { usageError } from "../graph/errors.ts";
import type { RunEntry } from "../inspect/types/view.ts";
import { findRuns } from "../runs/survey/find-runs.ts";
import { type FollowedRun, followRun } from "./followed-run.ts";

/** Depth of the search below a given directory. */
const MAX_DEPTH = 2;
const MAX_RUNS = 1000;
/** Number of runs read concurrently; each has a file open. */
const AT_ONCE = 32;
/** Intervals between searches for new runs and between updates of the list, milliseconds. */
const RESCAN_MS = 1000;
const LIST_MS = 400;

export interface RunRegistry {
  /** The existing runs, by given directory, then by name. */
  runs(): Promise<readonly FollowedRun[]>;
  /** Entries of all runs; with many metrics some scores only appear in a later list. */
  entries(): Promise<RunEntry[]>;
  /** Undefined for an unknown id or a removed directory. */
  find(id: string): Promise<FollowedRun | undefined>;
}

/**
 * Follows run directories, and directories that contain runs or are empty.
 *
 * @throws UserError (exit code 2) for any other path
 */
export async function openRuns(paths: readonly string[]): Promise<RunRegistry> {
  const roots = [...new Set(paths.map((path) => resolve(path)))];
  const known = new Map<string, FollowedRun>();
  const ids = new Set<string>();
  let scanned = Number.NEGATIVE_INFINITY;
  let present: readonly FollowedRun[] = [];
  let scanning: Promise<void> | undefined;
  let reading = false;

  const obtain = (path: string, root: string): FollowedRun => {
    const name = path === root ? basename(path) : relative(root, path);
    const run = known.get(path) ?? followRun({ id: freeId(name, ids), name, path });
    known.set(path, run);
    return run;
  };
  const scan = async (): Promise<void> => {
    const found = new Set<FollowedRun>();
    for (const root of roots) {
      for (const path of await runsBelow(root, known)) {
        if (found.size < MAX_RUNS) found.add(obtain(path, root));
      }
    }
    present = [...found];
    scanned = performance.now();
  };
  const current = async (): Promise<readonly FollowedRun[]> => {
    if (performance.now() - scanned > RESCAN_MS) {
      scanning ??= scan().finally(() => {
        scanning = undefined;
      });
      await scanning;
    }
    return present;
  };

  /** Reads the remaining metrics in the background, for the next list. */
  const readOn = async (): Promise<void> => {
    if (reading) return;
    reading = true;
    for (const run of present) await run.metrics.catchUp().catch(() => false);
    reading = false;
  };

  for (const path of paths) {
    if (!existsSync(path)) {
      throw usageError(`${path} does not exist; give a folder written by moesaic train`);
    }
    if ((await runsBelow(resolve(path), known)).length === 0 && !(await isEmptyFolder(path))) {
      throw usageError(
        `${path} is not a run directory and contains none (no config.yaml); give a folder written by moesaic train`,
      );
    }
  }
  return {
    runs: current,
    async entries() {
      const until = performance.now() + LIST_MS;
      const runs = await current();
      const entries: RunEntry[] = [];
      for (let i = 0; i < runs.length; i += AT_ONCE) {
        const part = runs.slice(i, i + AT_ONCE);
        entries.push(...(await Promise.all(part.map((run) => run.entry(until)))));
      }
      if (performance.now() > until) void readOn();
      return entries;
    },
    async find(id) {
      return (await current()).find((run) => run.id === id && run.exists());
    },
  };
}

/** Directories where runs may appear later. */
async function isEmptyFolder(path: string): Promise<boolean> {
  const names = await readdir(path).catch(() => undefined);
  return names?.length === 0;
}

/** The directory itself if it is or was a run, otherwise the runs below it. */
async function runsBelow(root: string, known: ReadonlyMap<string, unknown>): Promise<string[]> {
  const isRun = (folder: string): boolean => known.has(folder) || isRunFolder(folder);
  return (await findRuns(root, { isRun, maxDepth: MAX_DEPTH })).runs;
}

function isRunFolder(folder: string): boolean {
  return ["config.yaml", "metrics.jsonl"].some((name) => existsSync(join(folder, name)));
}

/** An id safe for URLs and file names; ids never differ in case only. */
export function freeId(name: string, taken: Set<string>): string {
  const plain = name.replace(/[^A-Za-z0-9._-]+/g, "-").replace(/^[.-]+|[.-]+$/g, "");
  const base = plain.slice(0, 80) || "run";
  let id = base;
  for (let i = 2; taken.has(id.toLowerCase()); i++) id = `${base}-${i}`;
  taken.add(id.toLowerCase());
  return id;
}
