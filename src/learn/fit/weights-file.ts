/** Weights as safetensors files. */
import { rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { notFinite } from "../../formats/finite.ts";
import { readSafetensorsFile } from "../../formats/safetensors-file.ts";
import type { NdArray } from "../../graph/array.ts";
import { UserError } from "../../graph/errors.ts";

/**
 * Reads the tensors of a safetensors file.
 *
 * @throws UserError if the file cannot be read or is damaged
 * @example
 * const data = { x: array([[1, 2]]) };
 * const objective = (scope, { x }) => ({ loss: reduceMean(linear(scope, x, 1)) });
 * const model = await fit(objective, data, { steps: 1, batchSize: 1 });
 * await model.save(`${temporary}/model.safetensors`);
 * const weights = await loadWeights(`${temporary}/model.safetensors`);
 * [...weights.keys()]; // ["bias", "weight"]
 * const more = await fit(objective, data, { steps: 1, batchSize: 1, weights });
 */
export async function loadWeights(path: string): Promise<Map<string, NdArray>> {
  const { tensors } = await readSafetensorsFile(path).catch((cause: Error) => {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`cannot read ${path}: ${cause.message}`, { cause });
  });
  for (const [name, tensor] of tensors) {
    const problem = notFinite(tensor);
    if (problem !== undefined) throw new UserError(`${path}: tensor "${name}": ${problem}`);
  }
  return tensors;
}

/**
 * Writes to a temporary name beside `path` and renames, so that no half-written file remains.
 *
 * @throws UserError if the file cannot be written
 */
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
