/** JSON files and other texts of limited size. */
import { readFile, stat } from "node:fs/promises";
import { usageError } from "../graph/errors.ts";

/** The beginning of the files that Git stores in place of large ones. */
const LFS_POINTER = "version https://git-lfs.github.com/spec/";

/**
 * The content of a text file.
 *
 * @param maxBytes of the file
 * @throws UserError (exit code 2) if it is larger, with a message that the caller puts after the path;
 *   errors of the system otherwise
 */
export async function readTextFile(path: string, maxBytes: number): Promise<string> {
  const { size } = await stat(path);
  if (size > maxBytes) throw usageError(`it has ${size} bytes, more than ${maxBytes}`);
  return readFile(path, "utf8");
}

/**
 * The content of a JSON file.
 *
 * @param maxBytes of the file
 * @throws UserError (exit code 2) if it is larger, no JSON or a Git LFS pointer, with a message such as "it is no JSON: ..."
 *   that the caller puts after the path; errors of the system otherwise
 */
export async function readJsonFile(path: string, maxBytes: number): Promise<unknown> {
  const text = await readTextFile(path, maxBytes);
  if (text.startsWith(LFS_POINTER)) {
    throw usageError("it is a Git LFS pointer, without the file itself; run git lfs pull");
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw usageError(`it is no JSON: ${(cause as Error).message}`, { cause });
  }
}
