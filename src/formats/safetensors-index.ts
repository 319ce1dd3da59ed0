/** The index of weights in several safetensors files, as on the Hugging Face hub. */
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { usageError } from "../graph/errors.ts";

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
  const { size } = await stat(path);
  if (size > maxIndexBytes) throw usageError(`it has ${size} bytes, more than an index of weights`);
  let parsed: z.output<typeof indexSchema>;
  try {
    parsed = indexSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw usageError(
      'it is JSON without a "weight_map", so no index of weights; name a safetensors file',
      { cause },
    );
  }
  const names = [...new Set(Object.values(parsed.weight_map))].sort();
  return names.map((name) => {
    const file = join(dirname(path), name);
    if (name !== basename(name)) throw usageError(`its file "${name}" is not beside the index`);
    if (!existsSync(file)) throw usageError(`its file ${file} is missing; download all files`);
    return file;
  });
}
