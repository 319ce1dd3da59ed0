/** Folders that users name. */
import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { UserError } from "../graph/errors.ts";

/**
 * Makes a folder and those above it.
 *
 * Unlike Node's recursive `mkdir`, it ends in file systems that refuse new folders as if their parent were
 * missing, such as `/proc`.
 *
 * @throws UserError if a folder cannot be made there; errors of the system otherwise
 */
export async function makeFolder(path: string): Promise<void> {
  const code = await tryMake(path);
  if (code === undefined) return;
  if (code === "EEXIST" && (await isFolder(path))) return;
  const parent = dirname(resolve(path));
  if (code !== "ENOENT" || (await isFolder(parent))) {
    const reason = code === "EEXIST" ? "a file has this name" : `${parent} takes no folders`;
    throw new UserError(`cannot make the folder ${path}: ${reason} (${code}); choose another`);
  }
  await makeFolder(parent);
  const again = await tryMake(path);
  if (again === undefined || again === "EEXIST") return;
  throw new UserError(`cannot make the folder ${path} (${again}); choose another`);
}

/** The code of the error, if it is one of a missing or existing folder. */
async function tryMake(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return undefined;
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "EEXIST" || code === "ENOTDIR") return code;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
