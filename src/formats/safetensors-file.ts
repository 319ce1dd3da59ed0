/** Reads safetensors files of any size from a disk, in chunks. */
import { type FileHandle, open } from "node:fs/promises";
import { allocate, type NdArray } from "../graph/array.ts";
import { UserError } from "../graph/errors.ts";
import { widenToFloat32 } from "./narrow.ts";
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
 * Reads a safetensors file without holding a second copy of it; narrow floats are widened to float32.
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

/** An open safetensors file whose tensors are read one at a time; the caller must close it. */
export interface SafetensorsReader {
  readonly tensors: readonly (StoredTensor | SkippedTensor)[];
  /**
   * Reads a tensor; narrow floats are widened to float32.
   *
   * @param type `bfloat16` leaves BF16 as it is
   * @throws UserError if the file became shorter or has other booleans than 0 and 1
   */
  read(tensor: StoredTensor, type?: "float32" | "bfloat16"): Promise<NdArray>;
  /** Fills `target` with bytes of a tensor, from its byte `start` on. @throws UserError as `read` */
  readBytes(tensor: StoredTensor, start: number, target: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a safetensors file and checks its header and the size that it implies.
 *
 * @throws UserError if they are wrong; errors of the disk as they are
 */
export async function openSafetensorsFile(
  path: string,
  { source = path, skipUnreadable }: Pick<ReadSafetensorsOptions, "source" | "skipUnreadable"> = {},
): Promise<SafetensorsReader> {
  const file = await open(path);
  try {
    const { stored, dataStart } = await readHeader(
      sequentialReader(file, source),
      await fileSize(file),
      source,
      skipUnreadable,
    );
    return {
      tensors: stored,
      async read(stored, type) {
        const { narrow: _, ...bits } = stored;
        const keeps = type === "bfloat16" && stored.code === "BF16";
        const tensor: StoredTensor = keeps ? { ...bits, dtype: "bfloat16" } : stored;
        const target = allocate(tensor.dtype, tensor.shape);
        const bytes = sequentialReader(file, source, undefined, dataStart + tensor.begin);
        await readTensor(tensor, target, bytes, source);
        return target;
      },
      readBytes: (tensor, begin, target) =>
        sequentialReader(file, source, undefined, dataStart + tensor.begin + begin)(target),
      close: () => file.close(),
    };
  } catch (cause) {
    await file.close();
    throw cause;
  }
}

/**
 * Checks the header of a safetensors file and the size that it implies, without reading tensors.
 *
 * @throws UserError if they are wrong
 */
export async function checkSafetensorsFile(path: string): Promise<void> {
  const file = await openSafetensorsFile(path);
  await file.close();
}

/** Fills `target` with the next bytes of a file. */
type Read = (target: Uint8Array) => Promise<void>;

function sequentialReader(
  file: FileHandle,
  source: string,
  onBytes?: (bytes: Uint8Array) => void,
  start = 0,
): Read {
  let position = start;
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
): Promise<{
  metadata: Record<string, string>;
  stored: (StoredTensor | SkippedTensor)[];
  /** First byte after the header. */
  dataStart: number;
}> {
  const start = new Uint8Array(Math.min(8, fileBytes));
  await read(start);
  const bytes = new Uint8Array(headerEnd(start, fileBytes, source));
  bytes.set(start);
  await read(bytes.subarray(8));
  const { entries, metadata, dataStart } = parseHeader(bytes, source, fileBytes);
  const stored = layOut(entries, fileBytes - dataStart, source, skipUnreadable);
  return { metadata, stored, dataStart };
}

async function readTensor(
  tensor: StoredTensor,
  { data }: NdArray,
  read: Read,
  source: string,
): Promise<void> {
  const { narrow } = tensor;
  if (narrow === undefined) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    await read(bytes);
    checkBooleans(tensor, bytes, source);
    return;
  }
  let at = 0;
  for await (const bytes of chunks(tensor, read)) {
    const count = bytes.length / narrow.bytes;
    widenToFloat32(bytes, narrow, (data as Float32Array).subarray(at, at + count));
    at += count;
  }
}

/** The next bytes of a file, those of a tensor; each chunk overwrites the one before it. */
async function* chunks(
  { begin, end }: Pick<StoredTensor, "begin" | "end">,
  read: Read,
): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(Math.min(CHUNK, end - begin));
  for (let at = begin; at < end; at += CHUNK) {
    const bytes = chunk.subarray(0, Math.min(CHUNK, end - at));
    await read(bytes);
    yield bytes;
  }
}
