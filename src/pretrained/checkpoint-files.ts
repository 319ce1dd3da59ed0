/** The tensors of a checkpoint in one or several safetensors files, read one at a time. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { foreignFormat } from "../formats/foreign-weights.ts";
import { openSafetensorsFile, type SafetensorsReader } from "../formats/safetensors-file.ts";
import { filesOfIndex, INDEX_FILE, SINGLE_FILE } from "../formats/safetensors-index.ts";
import type { StoredTensor } from "../formats/safetensors-layout.ts";
import type { NdArray } from "../graph/array.ts";
import { usageError } from "../graph/errors.ts";

/** The weights of open_clip. */
const OPEN_CLIP_FILE = "open_clip_model.safetensors";

/** The open files of a checkpoint; the caller must close it. */
export interface CheckpointFiles {
  /** Shapes and element types of the stored tensors by name. */
  readonly tensors: ReadonlyMap<string, Pick<StoredTensor, "shape" | "code">>;
  /** Element types that are not read, by tensor name. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Bytes of all tensors. */
  readonly bytes: number;
  /** @param type `bfloat16` may leave stored bfloat16 numbers as they are */
  read(name: string, type?: "float32" | "bfloat16"): Promise<NdArray>;
  close(): Promise<void>;
}

/**
 * Opens the weights in a folder as on the Hugging Face hub: `model.safetensors`, or the files that
 * `model.safetensors.index.json` lists.
 *
 * @throws UserError (exit code 2) if a file is missing, of another format, or damaged
 */
export async function openCheckpointFiles(folder: string): Promise<CheckpointFiles> {
  const readers: SafetensorsReader[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(readers.map((reader) => reader.close()));
  };
  try {
    const home = new Map<string, { tensor: StoredTensor; reader: SafetensorsReader }>();
    const unreadable = new Map<string, string>();
    for (const path of await weightFiles(folder)) {
      const foreign = await foreignFormat(path);
      if (foreign !== undefined) throw usageError(`${basename(path)} is ${foreign}`);
      const reader = await openSafetensorsFile(path, {
        source: basename(path),
        skipUnreadable: true,
      });
      readers.push(reader);
      for (const tensor of reader.tensors) {
        if (home.has(tensor.name) || unreadable.has(tensor.name)) {
          throw usageError(
            `tensor "${tensor.name}" is in two files; download the checkpoint again`,
          );
        }
        if ("skipped" in tensor) unreadable.set(tensor.name, tensor.skipped);
        else home.set(tensor.name, { tensor, reader });
      }
    }
    const tensors = new Map([...home].map(([name, { tensor }]) => [name, tensor]));
    return {
      ...{ tensors, unreadable, close },
      bytes: readers
        .flatMap((reader) => reader.tensors)
        .reduce((sum, t) => sum + t.end - t.begin, 0),
      read: (name, type) => {
        const { tensor, reader } = home.get(name)!;
        return reader.read(tensor, type);
      },
    };
  } catch (cause) {
    await close();
    throw usageError(`${folder}: ${(cause as Error).message}`, { cause });
  }
}

async function weightFiles(folder: string): Promise<string[]> {
  const [single, index, openClip] = [SINGLE_FILE, INDEX_FILE, OPEN_CLIP_FILE].map((name) => join(folder, name)) as [string, string, string]; // biome-ignore format: one line
  if (existsSync(index)) return filesOfIndex(index);
  if (existsSync(single)) return [single];
  if (existsSync(openClip)) return [openClip];
  const other = (await readdir(folder)).find((name) => /\.(bin|pth?|gguf|h5|msgpack)$/i.test(name));
  const foreign = other && (await foreignFormat(join(folder, other)));
  if (foreign) throw usageError(`it has no ${SINGLE_FILE}, and its ${other} is ${foreign}`);
  throw usageError(`it has neither ${SINGLE_FILE} nor ${INDEX_FILE}; download the weights`);
}
