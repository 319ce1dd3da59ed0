/** The files of the built page by address. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";

/** One file of the page. */
export interface AppFile {
  readonly contentType: string;
  /** Whether the name contains a hash of the content. */
  readonly hashed: boolean;
  readonly content: Uint8Array<ArrayBuffer>;
}

/** Files by relative address, such as `assets/index-1a2b3c4d.js`. */
export type AppFiles = ReadonlyMap<string, AppFile>;

const contentTypes: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
};

/**
 * Reads all files below a folder into memory. Only these are served, even if the page is rebuilt while
 * the server runs.
 *
 * @throws Error if the folder has no index.html
 */
export async function readAppFiles(folder: string): Promise<AppFiles> {
  if (!existsSync(join(folder, "index.html"))) {
    throw new Error(`${folder} has no index.html`);
  }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Map<string, AppFile>();
  for (const entry of entries) {
    if (!entry.isFile() || entry.name.endsWith(".map")) continue;
    const path = join(entry.parentPath, entry.name);
    const address = relative(folder, path).split(sep).join("/");
    files.set(address, {
      contentType: contentTypes[extname(entry.name)] ?? "application/octet-stream",
      hashed: address.startsWith("assets/"),
      content: new Uint8Array(await readFile(path)),
    });
  }
  return files;
}
