/** Atomic writing: files are either complete or absent after any interruption. */
import { createHash } from "node:crypto";
import * as nodeFs from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { UserError } from "../graph/errors.ts";

/** The subset of `node:fs/promises` used for writing. */
export type FileSystem = Pick<typeof nodeFs, "open" | "mkdir" | "rename" | "rm">;

/** Text, or bytes in chunks, which may be made while they are written. */
export type FileContent = string | readonly Uint8Array[] | AsyncIterable<Uint8Array>;

/**
 * Writes to a temporary file beside `path`, syncs it and renames it.
 *
 * @throws UserError if the disk is full, read-only or fails
 */
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

/** Size in bytes, and SHA-256 digest as hexadecimal text. */
export interface FileDigest {
  readonly size: number;
  readonly sha256: string;
}

/** A file that describes the others of its folder. */
export interface DescribingFile {
  readonly name: string;
  /** Its text, from the other files by name. */
  describe(written: Readonly<Record<string, FileDigest>>): string;
}

/**
 * Writes a folder of files under a temporary name, syncs everything and renames it to `path`, whose
 * parent must exist.
 *
 * @param description a file that is written after the others
 * @throws UserError if the disk is full, read-only or fails
 */
export async function writeDirectoryAtomically(
  path: string,
  files: Readonly<Record<string, FileContent>>,
  description: DescribingFile,
  fs: FileSystem = nodeFs,
): Promise<void> {
  const parent = dirname(path);
  const temporary = join(parent, `.tmp-${basename(path)}`);
  const replaced = join(parent, `.old-${basename(path)}`);
  try {
    await fs.rm(temporary, { recursive: true, force: true });
    await fs.mkdir(temporary);
    const written: Record<string, FileDigest> = {};
    for (const [name, content] of Object.entries(files)) {
      written[name] = await writeSynced(join(temporary, name), content, fs);
    }
    await writeSynced(join(temporary, description.name), description.describe(written), fs);
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

/** Bytes that are hashed and written at once. */
const CHUNK = 16 * 2 ** 20;

async function writeSynced(
  path: string,
  content: FileContent,
  fs: FileSystem,
): Promise<FileDigest> {
  const file = await fs.open(path, "w");
  const hash = createHash("sha256");
  let size = 0;
  try {
    for await (const bytes of typeof content === "string" ? [Buffer.from(content)] : content) {
      for (let at = 0; at < bytes.length; at += CHUNK) {
        const part = bytes.subarray(at, at + CHUNK);
        hash.update(part);
        size += part.length;
        await file.writeFile(part);
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { size, sha256: hash.digest("hex") };
}

async function syncDirectory(path: string, fs: FileSystem): Promise<void> {
  if (process.platform === "win32") return; // folders cannot be opened on Windows
  const folder = await fs.open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Explains errors of the disk in one sentence; returns other errors unchanged. */
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

/** The code of a system error, for example `ENOENT`. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** Creates a folder in a folder that exists. */
export async function makeFolder(path: string, fs: Pick<FileSystem, "mkdir"> = nodeFs) {
  await fs.mkdir(path).catch((error: unknown) => {
    if (errorCode(error) !== "EEXIST") throw error;
  });
}

/** For `catch`: ignores missing files. */
export function ignoreMissing(error: unknown): undefined {
  if (errorCode(error) !== "ENOENT") throw error;
  return undefined;
}
