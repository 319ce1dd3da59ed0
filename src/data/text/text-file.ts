import { existsSync } from "node:fs";
import { UserError, usageError } from "../../graph/errors.ts";
import { readMaybeGzipped } from "../read-gzipped.ts";

const maxTextBytes = 256 * 2 ** 20;

/**
 * The UTF-8 text of a file, gzipped or not, without a byte order mark.
 *
 * @throws UserError if the file is missing or not UTF-8
 */
export async function readTextFile(
  path: string,
  options: { hint: string; maxBytes?: number },
): Promise<string> {
  const { hint, maxBytes = maxTextBytes } = options;
  if (!existsSync(path) && !existsSync(`${path}.gz`)) {
    throw usageError(`${path} is missing; ${hint}`);
  }
  const bytes = await readMaybeGzipped(path, { maxBytes, hint });
  const text = decodeUtf8(bytes);
  if (text !== undefined) return text;
  throw new UserError(
    `${path}:${firstBadLine(bytes)}: the line is not UTF-8; convert the file to UTF-8`,
  );
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function firstBadLine(bytes: Uint8Array): number {
  for (let line = 1, at = 0; ; line++) {
    const found = bytes.indexOf(10, at);
    const end = found < 0 ? bytes.length : found;
    if (found < 0 || decodeUtf8(bytes.subarray(at, end)) === undefined) return line;
    at = end + 1;
  }
}
