/** The index of weights in several safetensors files, as on the Hugging Face hub. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { usageError } from "../graph/errors.ts";
import { readJsonFile } from "./json-file.ts";

/** The file of a model in one file, and the index of a model in several. */
export const SINGLE_FILE = "model.safetensors";
export const INDEX_FILE = "model.safetensors.index.json";

const maxIndexBytes = 64 * 2 ** 20;
const indexSchema = z.looseObject({ weight_map: z.record(z.string(), z.string()) });

/**
 * The files that an index lists, all in its own folder.
 *
 * @throws UserError (exit code 2) if it is no index, or a file is missing
 */
export async function filesOfIndex(path: string): Promise<string[]> {
  const { data, error } = indexSchema.safeParse(await readJsonFile(path, maxIndexBytes));
  if (data === undefined) {
    throw usageError(
      'it is JSON without a "weight_map", so no index of weights; name a safetensors file',
      { cause: error },
    );
  }
  const names = [...new Set(Object.values(data.weight_map))].sort();
  return names.map((name) => {
    const file = join(dirname(path), name);
    if (name !== basename(name)) throw usageError(`its file "${name}" is not beside the index`);
    if (!existsSync(file)) throw usageError(`its file ${file} is missing; download all files`);
    return file;
  });
}
