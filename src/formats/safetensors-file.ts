/** Reads safetensors files of any size from a disk, in chunks. */
import { type FileHandle, open } from "node:fs/promises";
import { allocate, type NdArray } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";
import { widenToFloat32 } from "./half.ts";
import type { SafetensorsContent, SafetensorsOptions } from "./safetensors.ts";
import { headerEnd, parseHeader } from "./safetensors-header.ts";
import {
  checkBooleans,
  layOut,
  type SkippedTensor,
  type StoredTensor,
} from "./safetensors-layout.ts";

/** Bytes per read: Node reads at most 2 GiB at once. */
const CHUNK = 16 * 2 ** 20;

export interface ReadSafetensorsOptions extends SafetensorsOptions {
  /** Name of the file in errors. Default: its path. */
  readonly source?: string;
  /** Called with all bytes of the file, in order. */
  readonly onBytes?: (bytes: Uint8Array) => void;
  /**
   * Chooses the memory to read into, by name, of the same type and shape; called before any tensor
   * is read. Default: new memory.
   */
  readonly into?: (tensors: readonly StoredTensor[]) => ReadonlyMap<string, NdArray>;
}

/**
 * Reads a safetensors file without holding a second copy of it; F16 and BF16 are widened to float32.
 *
 * @throws UserError if the file is truncated, corrupt or of an unknown type; errors of the disk as
 *   they are
 */
export async function readSafetensorsFile(
  path: string,
  { source = path, onBytes, into, skipUnreadable = false }: ReadSafetensorsOptions = {},
): Promise<SafetensorsContent> {
  const file = await open(path);
  try {
    const bytes = sequentialReader(file, source, onBytes);
    const { metadata, stored } = await readHeader(
      bytes,
      await fileSize(file),
      source,
      skipUnreadable,
    );
    const targets = into?.(
      stored.filter((tensor): tensor is StoredTensor => !("skipped" in tensor)),
    );
    const tensors = new Map<string, NdArray>();
    const unreadable = new Map<string, string>();
    for (const tensor of stored) {
      if ("skipped" in tensor) {
        unreadable.set(tensor.name, tensor.skipped);
        for await (const _ of chunks(tensor, bytes)); // later bytes follow
        continue;
      }
      const target = targets?.get(tensor.name) ?? allocate(tensor.dtype, tensor.shape);
      await readTensor(tensor, target, bytes, source);
      tensors.set(tensor.name, target);
    }
    return { tensors, metadata, unreadable };
  } finally {
    await file.close();
  }
}

/**
 * Checks the header of a safetensors file and the size that it implies, without reading tensors.
 *
 * @throws UserError if they are wrong
 */
export async function checkSafetensorsFile(path: string): Promise<void> {
  const file = await open(path);
  try {
    await readHeader(sequentialReader(file, path), await fileSize(file), path);
  } finally {
    await file.close();
  }
}

/** Fills `target` with the next bytes of a file. */
type Read = (target: Uint8Array) => Promise<void>;

function sequentialReader(
  file: FileHandle,
  source: string,
  onBytes?: (bytes: Uint8Array) => void,
): Read {
  let position = 0;
  return async (target) => {
    for (let at = 0; at < target.length; ) {
      const { bytesRead } = await file.read(
        target,
        at,
        Math.min(CHUNK, target.length - at),
        position,
      );
      if (bytesRead === 0) {
        throw new UserError(`${source}: it became shorter while it was read`);
      }
      onBytes?.(target.subarray(at, at + bytesRead));
      at += bytesRead;
      position += bytesRead;
    }
  };
}

async function fileSize(file: FileHandle): Promise<number> {
  return (await file.stat()).size;
}

async function readHeader(
  read: Read,
  fileBytes: number,
  source: string,
  skipUnreadable = false,
): Promise<{ metadata: Record<string, string>; stored: (StoredTensor | SkippedTensor)[] }> {
  const start = new Uint8Array(Math.min(8, fileBytes));
  await read(start);
  const bytes = new Uint8Array(headerEnd(start, fileBytes, source));
  bytes.set(start);
  await read(bytes.subarray(8));
  const { entries, metadata, dataStart } = parseHeader(bytes, source, fileBytes);
  return { metadata, stored: layOut(entries, fileBytes - dataStart, source, skipUnreadable) };
}

async function readTensor(
  tensor: StoredTensor,
  { data }: NdArray,
  read: Read,
  source: string,
): Promise<void> {
  const { toNumber } = tensor;
  if (toNumber === undefined) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    await read(bytes);
    checkBooleans(tensor, bytes, source);
    return;
  }
  let at = 0;
  for await (const halves of chunks(tensor, read)) {
    (data as Float32Array).set(widenToFloat32(halves, toNumber), at);
    at += halves.length / 2;
  }
}

/** The next bytes of a file, those of a tensor. */
async function* chunks(
  { begin, end }: Pick<StoredTensor, "begin" | "end">,
  read: Read,
): AsyncGenerator<Uint8Array> {
  for (let at = begin; at < end; at += CHUNK) {
    const bytes = new Uint8Array(Math.min(CHUNK, end - at));
    await read(bytes);
    yield bytes;
  }
}
