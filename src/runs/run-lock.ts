/** A lock file that prevents two trainings in one run directory. */
import { readFileSync } from "node:fs";
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { UserError } from "../graph/errors.ts";
import { errorCode } from "./files.ts";

const holderSchema = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** Start time of the process, if available, because process ids are reused. */
  started: z.string(),
});
type Holder = z.infer<typeof holderSchema>;

/** Locks held by this process. */
const held = new Set<string>();

/**
 * Acquires the lock of a run directory; a stale lock is taken over.
 *
 * @returns a function that releases it
 * @throws UserError if another training holds it
 */
export async function lockRun(runDirectory: string): Promise<() => Promise<void>> {
  const path = resolve(runDirectory, "run.lock");
  const own: Holder = { pid: process.pid, host: hostname(), started: startOf(process.pid) };
  const text = JSON.stringify(own);
  try {
    await writeFile(path, text, { flag: "wx" });
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    await refuseLiveHolder(path, runDirectory);
    const replacement = `${path}.${process.pid}`;
    await writeFile(replacement, text);
    await rename(replacement, path);
    // Other processes may have taken over the same lock; the last one to rename holds it.
    await sleep(50);
    if ((await readFile(path, "utf8")) !== text) await refuseLiveHolder(path, runDirectory);
  }
  held.add(path);
  return async () => {
    held.delete(path);
    // After a rename, another run may be at this path.
    if ((await readFile(path, "utf8").catch(() => "")) === text) await rm(path, { force: true });
  };
}

async function refuseLiveHolder(path: string, runDirectory: string): Promise<void> {
  let holder = await readHolder(path);
  if (holder === undefined) {
    await sleep(50); // possibly being written
    holder = await readHolder(path);
  }
  if (holder === undefined) return;
  if (holder.host !== hostname()) {
    throw new UserError(
      `${runDirectory} is in use by process ${holder.pid} on ${holder.host}; if that process has ended, delete ${path}`,
    );
  }
  if (holder.pid === process.pid ? held.has(path) : isAlive(holder)) {
    throw new UserError(
      `${runDirectory} is in use by another training (process ${holder.pid}); wait for it or choose another --run`,
    );
  }
}

/**
 * The state of the holder in a `run.lock`: alive, gone, or unknown because it is on another host.
 *
 * @param path of the lock
 */
export function lockHolder(path: string, text: string): "alive" | "gone" | "elsewhere" {
  const holder = parseHolder(text);
  if (holder === undefined) return "gone";
  if (holder.host !== hostname()) return "elsewhere";
  const lives = holder.pid === process.pid ? held.has(resolve(path)) : isAlive(holder);
  return lives ? "alive" : "gone";
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return parseHolder(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (errorCode(error) === "ESRCH") return false;
  }
  return startOf(pid) === started;
}

/** Start time in clock ticks since boot (field 22 of /proc/<pid>/stat); "" if not available. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
