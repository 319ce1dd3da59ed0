/** Files that are either complete or absent, whatever interrupts the writer. */
import * as nodeFs from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "../graph/errors.ts";

/** The part of `node:fs/promises` that writing needs. */
export type FileSystem = Pick<typeof nodeFs, "open" | "mkdir" | "rename" | "rm">;

/** Text, or bytes in pieces that are written one after the other. */
export type FileContent = string | readonly Uint8Array[];

/** Writes to a temporary name beside `path`, syncs and renames. */
export async function writeFileAtomically(
  path: string,
  content: FileContent,
  fs: FileSystem = nodeFs,
): Promise<void> {
  const temporary = join(dirname(path), `.tmp-${basename(path)}`);
  try {
    await writeSynced(temporary, content, fs);
    await fs.rename(temporary, path);
    await syncDirectory(dirname(path), fs);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw explainDiskError(error, `while writing ${path}`);
  }
}

/** Writes a folder of files under a temporary name, syncs everything and renames it to `path`. */
export async function writeDirectoryAtomically(
  path: string,
  files: Readonly<Record<string, FileContent>>,
  fs: FileSystem = nodeFs,
): Promise<void> {
  const parent = dirname(path);
  const temporary = join(parent, `.tmp-${basename(path)}`);
  const replaced = join(parent, `.old-${basename(path)}`);
  try {
    await fs.rm(temporary, { recursive: true, force: true });
    await fs.mkdir(temporary, { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      await writeSynced(join(temporary, name), content, fs);
    }
    await syncDirectory(temporary, fs);
    await fs.rename(path, replaced).catch(ignoreMissing);
    await fs.rename(temporary, path);
    await syncDirectory(parent, fs);
  } catch (error) {
    await fs.rm(temporary, { recursive: true, force: true });
    throw error;
  }
  await fs.rm(replaced, { recursive: true, force: true });
}

async function writeSynced(path: string, content: FileContent, fs: FileSystem): Promise<void> {
  const file = await fs.open(path, "w");
  try {
    if (typeof content === "string") await file.writeFile(content);
    else for (const chunk of content) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncDirectory(path: string, fs: FileSystem): Promise<void> {
  if (process.platform === "win32") return; // folders cannot be opened there
  const folder = await fs.open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** A sentence for the errors that are the disk's fault; other errors come back as they are. */
export function explainDiskError(error: unknown, circumstance: string, advice = ""): unknown {
  const problem = {
    ENOSPC: "no space is left on the disk",
    EDQUOT: "the disk quota is used up",
    EROFS: "the disk is read-only",
    EACCES: "permission was denied",
    EPERM: "permission was denied",
    EIO: "the disk failed",
  }[errorCode(error) ?? ""];
  if (!problem) return error;
  return new UserError(`${problem} ${circumstance}${advice && `; ${advice}`}`, { cause: error });
}

/** The system's name of an error, for example `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** For `catch`: a file that is not there is no error. */
export function ignoreMissing(error: unknown): undefined {
  if (errorCode(error) !== "ENOENT") throw error;
  return undefined;
}
