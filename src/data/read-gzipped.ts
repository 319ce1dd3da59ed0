/** Reads data files from disk, gzipped or not, within a size limit. */

import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { UserError, usageError } from "../graph/errors.ts";

/** The folder of data sets: `root`, else the environment's `MOESAIC_DATA`, else `~/.cache/moesaic/data`. */
export function dataRoot(root?: string): string {
  return root ?? (process.env.MOESAIC_DATA || join(homedir(), ".cache", "moesaic", "data"));
}

/**
 * The bytes of `path`, or of the same file with or without `.gz`, whichever exists.
 *
 * @throws UserError if the file is missing, damaged or too large
 */
export async function readMaybeGzipped(
  path: string,
  options: { maxBytes: number; hint: string },
): Promise<Uint8Array> {
  const plain = path.replace(/\.gz$/, "");
  const gzipped = `${plain}.gz`;
  if (existsSync(plain)) return readBounded(plain, options.maxBytes);
  if (existsSync(gzipped)) return gunzipFile(gzipped, options.maxBytes);
  throw usageError(`${gzipped} is missing; ${options.hint}`);
}

async function readBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  const { size } = await stat(path);
  if (size > maxBytes) {
    throw new UserError(
      `${path} has ${size} bytes, more than the limit of ${maxBytes} for its data set`,
    );
  }
  return readFile(path);
}

async function gunzipFile(path: string, maxBytes: number): Promise<Uint8Array> {
  const compressed = await readBounded(path, maxBytes);
  try {
    return await promisify(gunzip)(compressed, { maxOutputLength: maxBytes });
  } catch (cause) {
    const reason = gzipFailure(cause as NodeJS.ErrnoException, maxBytes);
    throw new UserError(`${path} cannot be unpacked: ${reason}; delete it and download it again`, {
      cause,
    });
  }
}

function gzipFailure(error: NodeJS.ErrnoException, maxBytes: number): string {
  switch (error.code) {
    case "ERR_BUFFER_TOO_LARGE":
      return `its content exceeds the limit of ${maxBytes} bytes`;
    case "Z_BUF_ERROR":
      return "the gzip data is truncated";
    case "Z_DATA_ERROR":
      return `the gzip data is corrupt (${error.message})`;
    default:
      return error.message;
  }
}
