/** Reads stored weights: runs, safetensors files, and folders as on the Hugging Face hub. */

import { existsSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { foreignFormat } from "../../formats/foreign-weights.ts";
import type { SafetensorsContent } from "../../formats/safetensors.ts";
import { readSafetensorsFile } from "../../formats/safetensors-file.ts";
import {
  filesOfIndex,
  INDEX_FILE as index,
  SINGLE_FILE as single,
} from "../../formats/safetensors-index.ts";
import type { NdArray } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import { mergeStoredAdapters } from "../../learn/lora/merge-adapters.ts";
import type { Resampling } from "../../pretrained/define-family.ts";
import { hasKnownFamily, openCheckpoint } from "../../pretrained/open-checkpoint.ts";
import { readCheckpointTensors } from "../checkpoints/checkpoint-files.ts";
import { chooseCheckpoint } from "../checkpoints/choose-checkpoint.ts";
import { manifestOf } from "../checkpoints/verify-checkpoint.ts";
import { errorCode } from "../files.ts";
import { foldLayerScales } from "./layer-scale.ts";

/** Tensors by name. */
export interface StoredWeights {
  /** The file, or the index of several files. */
  readonly path: string;
  readonly tensors: ReadonlyMap<string, NdArray>;
  /** Element types that are not read, by tensor name. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** The model of a folder as on the Hugging Face hub, whose weights have the names of its system. */
  readonly encoder?: {
    readonly kind: "encoder" | "decoder";
    readonly settings: { readonly system: string };
    readonly leftOut: readonly string[];
    readonly resampling: Resampling;
  };
}

/**
 * Reads the weights at a path.
 *
 * @param path a run, a safetensors file, an `index.json` that lists several, a folder with one of
 *   them, or a folder as on the Hugging Face hub of a known family
 * @param at key of the path in the recipe, for messages
 * @throws UserError (exit code 2) for other files, with the way to convert known formats
 */
export async function readStoredWeights(
  path: string,
  at = "init_from.path",
): Promise<StoredWeights> {
  if (await hasKnownFamily(path)) return readHubWeights(path);
  const found = await findWeights(path, at);
  try {
    const files = found.endsWith(".json") ? await filesOfIndex(found) : [found];
    const tensors = new Map<string, NdArray>();
    const unreadable = new Map<string, string>();
    for (const file of files) {
      const foreign = await foreignFormat(file);
      if (foreign !== undefined) throw usageError(`${basename(file)} is ${foreign}`);
      const content = await readTensors(file);
      const merged = mergeStoredAdapters(content, basename(file));
      for (const [name, tensor] of merged) tensors.set(name, toFloat32(tensor));
      for (const [name, dtype] of content.unreadable) unreadable.set(name, dtype);
    }
    return { path: found, tensors: foldLayerScales(tensors), unreadable };
  } catch (cause) {
    const { message } = cause as Error;
    throw usageError(`${at} ${path} cannot be read: ${message}`, { cause });
  }
}

async function readHubWeights(path: string): Promise<StoredWeights> {
  const { family, settings, leftOut, readWeights } = await openCheckpoint(path);
  const { kind, resampling = "antialiased" } = family;
  const encoder = { kind, settings, leftOut, resampling };
  return { path, tensors: await readWeights(), unreadable: new Map(), encoder };
}

/** Reads a file, checked against its digest if it belongs to a checkpoint. */
async function readTensors(file: string): Promise<SafetensorsContent> {
  if ((await manifestOf(dirname(file))) === undefined) {
    return readSafetensorsFile(file, { source: basename(file), skipUnreadable: true });
  }
  return readCheckpointTensors(file);
}

/** Numbers of 64 bits, as NumPy writes by default, rounded to the 32 bits of parameters. */
function toFloat32(tensor: NdArray): NdArray {
  if (tensor.dtype !== "float64") return tensor;
  const { shape, data } = tensor;
  return { dtype: "float32", shape, data: Float32Array.from(data as Float64Array) };
}

async function findWeights(path: string, at: string): Promise<string> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (cause) {
    const reason = errorCode(cause) === "ENOENT" ? "does not exist" : (cause as Error).message;
    throw usageError(`${at} ${path} ${reason}`, { cause });
  }
  if (!isFolder) return path;
  const chosen = await chooseCheckpoint(path, "best");
  if (chosen !== undefined) return join(chosen.path, single);
  for (const name of [single, index]) if (existsSync(join(path, name))) return join(path, name);
  const names = await readdir(path);
  const safetensors = names.filter((name) => name.endsWith(".safetensors"));
  if (safetensors.length === 1) return join(path, safetensors[0]!);
  const other = names.find((name) => /\.(bin|pth?|npz|gguf|h5|msgpack)$/i.test(name));
  const foreign = other && (await foreignFormat(join(path, other)));
  if (foreign !== undefined) {
    throw usageError(`${at} ${path} has no ${single}, and its ${other} is ${foreign}`);
  }
  const several = safetensors.length > 1 ? `; name one of ${safetensors.sort().join(", ")}` : "";
  throw usageError(
    `${at} ${path} has no checkpoint and no ${single}; give a trained run, or a safetensors file${several}`,
  );
}
