/** Weights as safetensors files. */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { decodeSafetensors } from "../formats/safetensors.ts";
import type { NdArray } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";

/**
 * Reads the tensors of a safetensors file.
 *
 * @throws UserError if the file cannot be read or is damaged
 * @example
 * const weights = await loadWeights("shapes.safetensors");
 * using model = await fit(objective, data, { steps: 100, weights });
 */
export async function loadWeights(path: string): Promise<Map<string, NdArray>> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    throw new UserError(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  return decodeSafetensors(bytes, path).tensors;
}

/** Writes to a temporary name beside `path` and renames, so that no half-written file remains. */
export async function writeWeights(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.tmp-${basename(path)}`);
  try {
    await writeFile(temporary, bytes);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new UserError(`cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
}
