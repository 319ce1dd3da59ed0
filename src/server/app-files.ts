/** The built page: its files by their address. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";

/** One file of the page. */
export interface AppFile {
  readonly contentType: string;
  /** Whether its name changes with its content. */
  readonly hashed: boolean;
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** By address below the page, such as `assets/index-1a2b3c4d.js`. */
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

/** Lists the files below a folder; only these are ever served from it. */
export async function listAppFiles(folder: string): Promise<AppFiles> {
  if (!existsSync(join(folder, "index.html"))) {
    throw new Error(`${folder} has no index.html`);
  }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.flatMap((entry): [string, AppFile][] => {
    if (!entry.isFile() || entry.name.endsWith(".map")) return [];
    const path = join(entry.parentPath, entry.name);
    const address = relative(folder, path).split(sep).join("/");
    const file: AppFile = {
      contentType: contentTypes[extname(entry.name)] ?? "application/octet-stream",
      hashed: address.startsWith("assets/"),
      read: async () => new Uint8Array(await readFile(path)),
    };
    return [[address, file]];
  });
  return new Map(files);
}
