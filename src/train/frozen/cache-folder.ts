/** The folder of cached features: one folder for each frozen part and its weights. */
import { readdir, rm, stat, utimes } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** The folder of caches: the environment's `MOESAIC_CACHE`, else `~/.cache/moesaic`. */
export function cacheRoot(): string {
  return process.env.MOESAIC_CACHE || join(homedir(), ".cache", "moesaic");
}

/** Name of the cache with a digest. */
export function cacheName(digest: string): string {
  return `frozen-${digest}`;
}

/** Other folders belong to somebody else. */
const CACHE = /^frozen-[0-9a-f]{64}$/;

/**
 * Makes room for `bytes` in a folder of caches by removing the caches that were not used for longest.
 *
 * @param own name of the cache that grows; it stays
 * @param maxBytes of all caches together
 * @returns whether there is room; nothing is removed if this cache alone has too many bytes
 */
export async function makeRoom(
  root: string,
  own: string,
  bytes: number,
  maxBytes: number,
): Promise<boolean> {
  if (bytes + (await sizeOf(join(root, own))) > maxBytes) return false;
  const caches: { path: string; size: number; used: number }[] = [];
  let total = bytes;
  for (const name of (await readdir(root)).filter((entry) => CACHE.test(entry))) {
    const path = join(root, name);
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || !found.isDirectory()) continue;
    const size = await sizeOf(path);
    total += size;
    if (name !== own) caches.push({ path, size, used: found.mtimeMs });
  }
  caches.sort((a, b) => a.used - b.used);
  for (const { path, size } of caches) {
    if (total <= maxBytes) break;
    await rm(path, { recursive: true, force: true }).catch(() => {}); // Windows keeps open files.
    total -= size;
  }
  return true;
}

/** Notes that a cache is used now, unless it can only be read. */
export async function touch(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => {});
}

async function sizeOf(folder: string): Promise<number> {
  let size = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    size += (await stat(join(folder, name)).catch(() => undefined))?.size ?? 0;
  }
  return size;
}
