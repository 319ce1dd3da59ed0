/** Reads the files of checkpoints, checked against their digests. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import type { SafetensorsContent } from "../../formats/safetensors.ts";
import { readSafetensorsFile } from "../../formats/safetensors-file.ts";
import type { StoredTensor } from "../../formats/safetensors-layout.ts";
import type { NdArray } from "../../graph/array.ts";
import { UserError } from "../../graph/errors.ts";
import { errorCode, type FileDigest } from "../files.ts";
import { digestFile } from "../run-file-digests.ts";
import { damagedFileError, digestProblem, manifestOf } from "./verify-checkpoint.ts";

/** Chooses memory for the tensors of a file; throws a UserError if they do not fit. */
export type Into = (stored: readonly StoredTensor[]) => ReadonlyMap<string, NdArray>;

/**
 * Reads a safetensors file of a checkpoint.
 *
 * @param into memory to read into. Default: new memory
 * @throws UserError if the file cannot be read, is damaged, or `into` refuses it
 */
export async function readCheckpointTensors(
  path: string,
  into?: Into,
): Promise<SafetensorsContent> {
  const expected = await expectedDigest(path);
  const hash = createHash("sha256");
  let size = 0;
  let refusal: unknown;
  let content: SafetensorsContent;
  try {
    content = await readSafetensorsFile(path, {
      source: basename(path),
      onBytes(bytes) {
        if (expected) hash.update(bytes);
        size += bytes.length;
      },
      ...(into && {
        into: (stored: readonly StoredTensor[]) => {
          try {
            return into(stored);
          } catch (error) {
            refusal = error;
            throw error;
          }
        },
      }),
    });
  } catch (error) {
    if (errorCode(error) !== undefined) throw unreadable(path, error as Error);
    if (!(error instanceof UserError)) throw error;
    // A flipped bit in the header looks like another model, or another format.
    if (expected) await checkDigest(path, await digestFile(path), expected);
    if (refusal !== undefined) throw refusal;
    throw await damagedFileError(path, error.message, error);
  }
  if (expected) await checkDigest(path, { size, sha256: hash.digest("hex") }, expected);
  return content;
}

/**
 * Reads a text file of a checkpoint.
 *
 * @throws UserError if the file cannot be read or is damaged
 */
export async function readCheckpointText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    throw unreadable(path, error as Error);
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  await checkDigest(path, { size: bytes.length, sha256 }, await expectedDigest(path));
  return bytes.toString("utf8");
}

function unreadable(path: string, cause: Error): UserError {
  return new UserError(`cannot read ${path}: ${cause.message}`, { cause });
}

/** The digest of a file in the manifest beside it; undefined without one. */
async function expectedDigest(path: string): Promise<FileDigest | undefined> {
  return (await manifestOf(dirname(path)))?.files?.[basename(path)];
}

async function checkDigest(
  path: string,
  actual: FileDigest | undefined,
  expected: FileDigest | undefined,
): Promise<void> {
  const problem = actual && expected && digestProblem(actual, expected);
  if (problem !== undefined) throw await damagedFileError(path, problem);
}
