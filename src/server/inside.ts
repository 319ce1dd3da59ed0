/** Reads files of untrusted run directories: size-limited, never outside of the folder. */
import { constants } from "node:fs";
import { type FileHandle, open, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { errorCode } from "../runs/files.ts";

/** An open file and its metadata. */
export interface OpenedFile extends AsyncDisposable {
  readonly handle: FileHandle;
  readonly path: string;
  readonly size: number;
  /** Modification time, milliseconds since 1970. */
  readonly modified: number;
  /** Changes if the file is replaced. */
  readonly identity: string;
}

/**
 * Opens a regular file below `folder` for reading; undefined if it does not exist or links lead out of
 * `folder`.
 *
 * @param name its path below the folder
 */
export async function openInside(folder: string, name: string): Promise<OpenedFile | undefined> {
  const path = await realPathInside(folder, name);
  if (path === undefined) return undefined;
  // O_NONBLOCK: a named pipe would wait for a writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch(ignoreUnreadable);
  if (handle === undefined) return undefined;
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw Object.assign(new Error(`${path} is not a file`), { code: "ENOENT" });
    return {
      handle,
      path,
      size: stat.size,
      modified: stat.mtimeMs,
      identity: `${stat.dev}:${stat.ino}`,
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    return ignoreUnreadable(error);
  }
}

/** The real path of an entry below `folder`; undefined if it is missing or outside. */
export async function realPathInside(folder: string, name: string): Promise<string | undefined> {
  if (name.includes("\0")) return undefined;
  const root = await realpath(folder).catch(ignoreUnreadable);
  const path = root && (await realpath(join(root, name)).catch(ignoreUnreadable));
  if (root === undefined || path === undefined) return undefined;
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep)
    ? path
    : undefined;
}

/**
 * The text of a small file below `folder`; undefined if it does not exist.
 *
 * @throws RangeError if it is larger than `most` bytes
 */
export async function readTextInside(
  folder: string,
  name: string,
  most: number,
): Promise<string | undefined> {
  await using file = await openInside(folder, name);
  if (file === undefined) return undefined;
  return (await readAll(file, name, most)).toString("utf8");
}

/** @throws RangeError if the file is larger than `most` bytes */
export async function readAll(file: OpenedFile, name: string, most: number): Promise<Buffer> {
  if (file.size > most) {
    throw new RangeError(`${name} has ${file.size} bytes; the limit is ${most}`);
  }
  const bytes = Buffer.alloc(file.size);
  let at = 0;
  while (at < bytes.length) {
    const { bytesRead } = await file.handle.read(bytes, at, bytes.length - at, at);
    if (bytesRead === 0) break; // the file was truncated
    at += bytesRead;
  }
  return bytes.subarray(0, at);
}

const UNREADABLE = [
  "ENOENT",
  "ENOTDIR",
  "ELOOP",
  "EACCES",
  "EPERM",
  "ENXIO",
  "EISDIR",
  "ENAMETOOLONG",
];

/** For `catch`: treats unreadable files as missing. */
export function ignoreUnreadable(error: unknown): undefined {
  if (!UNREADABLE.includes(errorCode(error) ?? "")) throw error;
  return undefined;
}
