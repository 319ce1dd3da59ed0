/** Finds the built page of the inspector. */
import { existsSync } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { UserError } from "../graph/errors.ts";

/** The package root: two folders up from `src/server` and from `dist/server`. */
const root = fileURLToPath(new URL("../../", import.meta.url));
const sources = join(root, "inspector");
const built = join(root, "dist", "inspector");

/**
 * The folder of the built page. In a clone, a missing page or one older than its sources is built
 * first; `note` receives a message about that.
 *
 * @throws UserError if it is missing and cannot be built
 */
export async function appFolder(note: (line: string) => void): Promise<string> {
  const config = join(sources, "vite.config.ts");
  if (!existsSync(config)) {
    if (existsSync(join(built, "index.html"))) return built;
    throw new UserError("the inspector's page is missing from this package; install moesaic again");
  }
  if (await isFresh()) return built;
  note("building the inspector's page; this happens once");
  const outDir = join(root, "dist", `.inspector-${process.pid}`);
  try {
    const { build } = await import("vite").catch((cause: unknown) => {
      throw new UserError("the inspector's page is not built yet; run npm ci, then try again", {
        cause,
      });
    });
    await build({
      root: sources,
      configFile: config,
      logLevel: "error",
      build: { outDir, emptyOutDir: true },
    });
    await rm(built, { recursive: true, force: true });
    // Another process may have built the same page in the meantime.
    await rename(outDir, built).catch((error: unknown) => {
      if (!existsSync(join(built, "index.html"))) throw error;
    });
  } finally {
    await rm(outDir, { recursive: true, force: true });
  }
  return built;
}

/** Whether the built page is newer than all its sources. */
async function isFresh(): Promise<boolean> {
  const page = await stat(join(built, "index.html")).catch(() => undefined);
  if (page === undefined) return false;
  for (const folder of [sources, join(root, "src")]) {
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || /\.(test|fixture)\.tsx?$/.test(entry.name)) continue;
      if ((await stat(join(entry.parentPath, entry.name))).mtimeMs > page.mtimeMs) return false;
    }
  }
  return true;
}
