/** Features of samples in files: safetensors with `keys` `[N, 16]` and `features` `[N, bytes]`. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { makeFolder } from "../../formats/make-folder.ts";
import { encodeSafetensors } from "../../formats/safetensors.ts";
import { openSafetensorsFile, type SafetensorsReader } from "../../formats/safetensors-file.ts";
import type { StoredTensor } from "../../formats/safetensors-layout.ts";
import { allocate } from "../../graph/array.ts";
import { UserError } from "../../graph/errors.ts";
import { formatBytes } from "../../graph/format-bytes.ts";
import type { FeatureStore } from "../../learn/frozen/frozen-features.ts";
import { writeFileAtomically } from "../../runs/files.ts";

export interface FeatureFilesOptions {
  /** Bytes of the features of a sample. */
  readonly sampleBytes: number;
  /** Makes room for a file of a size; false if there is none. Default: there always is. */
  readonly makeRoom?: (bytes: number) => Promise<boolean>;
  /** Shows a line. */
  readonly note: (message: string) => void;
}

export interface FeatureFiles extends FeatureStore {
  /** Writes the features that are still in memory, and closes all files. */
  close(): Promise<void>;
}

const KEY_BYTES = 16;
/** Bytes of features in a file, at most, unless one sample has more. */
const FILE_BYTES = 64 * 2 ** 20;
const EXTENSION = ".safetensors";

/** A row of an opened file. */
interface Place {
  readonly file: SafetensorsReader;
  readonly features: StoredTensor;
  readonly row: number;
}

/**
 * Opens the features in a folder. A file has the digest of its content as its name, so a damaged one is
 * removed, and its features are computed again. New features are in memory until a file is full.
 *
 * @throws UserError if the folder cannot be made or read
 */
export async function openFeatureFiles(
  folder: string,
  { sampleBytes, makeRoom = async () => true, note }: FeatureFilesOptions,
): Promise<FeatureFiles> {
  await makeFolder(folder);
  const places = new Map<string, Place>();
  const opened: SafetensorsReader[] = [];
  const perFile = Math.max(1, Math.floor(FILE_BYTES / sampleBytes));
  /** Features that no file has yet, by key, and the memory that holds them. */
  let waiting = new Map<string, number>();
  let memory = new Uint8Array(0);
  let isFull = false;

  const openFile = async (path: string): Promise<void> => {
    const file = await openSafetensorsFile(path);
    opened.push(file);
    const [keys, features] = ["keys", "features"].map((name) => find(file, name));
    const [count = 0] = keys!.shape;
    if (String(features!.shape) !== String([count, sampleBytes]) || keys!.shape[1] !== KEY_BYTES) {
      throw new UserError(`${path} holds other features`);
    }
    const { data } = await file.read(keys!);
    for (let row = 0; row < count; row++) {
      const key = keyText(data.subarray(row * KEY_BYTES, (row + 1) * KEY_BYTES) as Uint8Array);
      places.set(key, { file, features: features!, row });
    }
  };

  await removeInterrupted(folder);
  for (const name of (await readdir(folder)).filter(isFeatureFile).sort()) {
    const path = join(folder, name);
    try {
      if (name !== (await digestOf(path)) + EXTENSION) throw new UserError(`${path} is damaged`);
      await openFile(path);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      note(`${path} is damaged; it is removed, and its features are computed again`);
      await rm(path, { force: true });
    }
  }

  /** Writes the features in memory to a file. */
  const write = async (): Promise<void> => {
    const count = waiting.size;
    if (count === 0) return;
    const keys = allocate("uint8", [count, KEY_BYTES]);
    for (const [key, row] of waiting) keys.data.set(Buffer.from(key, "hex"), row * KEY_BYTES);
    const data = memory.subarray(0, count * sampleBytes);
    const features = { dtype: "uint8", shape: [count, sampleBytes], data } as const;
    const chunks = encodeSafetensors({ keys, features });
    if (!(await makeRoom(data.length))) {
      stop("the cache of frozen features is full");
      return;
    }
    const hash = createHash("sha256");
    for (const chunk of chunks) hash.update(chunk);
    const path = join(folder, hash.digest("hex") + EXTENSION);
    try {
      await makeFolder(folder); // Another process may have removed it to make room.
      await writeFileAtomically(path, chunks);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      stop(error.message);
      return;
    }
    await openFile(path);
    waiting = new Map();
  };
  /** Keeps what is in memory, and adds nothing more. */
  const stop = (reason: string): void => {
    isFull = true;
    note(
      `${reason} (${places.size} samples of ${formatBytes(sampleBytes)} are kept); features of other samples are computed each time`,
    );
  };

  return {
    keyOf,
    has: (key) => places.has(key) || waiting.has(key),
    async read(key, features) {
      const row = waiting.get(key);
      const place = places.get(key);
      if (row === undefined && place === undefined) return false;
      let at = (row ?? place!.row) * sampleBytes;
      for (const target of features) {
        if (row !== undefined) target.set(memory.subarray(at, at + target.length));
        else await place!.file.readBytes(place!.features, at, target);
        at += target.length;
      }
      return true;
    },
    async add(key, features) {
      if (isFull || places.has(key) || waiting.has(key)) return;
      if (memory.length === 0) memory = new Uint8Array(perFile * sampleBytes);
      const row = waiting.size;
      waiting.set(key, row);
      let at = row * sampleBytes;
      for (const part of features) {
        memory.set(part, at);
        at += part.length;
      }
      if (waiting.size === perFile) await write();
    },
    async close() {
      if (!isFull) await write();
      for (const file of opened) await file.close();
    },
  };
}

/** A store that keeps nothing, for folders that cannot be used. */
export const noFeatureFiles: FeatureFiles = {
  keyOf,
  has: () => false,
  read: async () => false,
  add: async () => {},
  close: async () => {},
};

function keyOf(sample: readonly Uint8Array[]): string {
  const hash = createHash("sha256");
  for (const part of sample) hash.update(part);
  return keyText(hash.digest().subarray(0, KEY_BYTES));
}

function isFeatureFile(name: string): boolean {
  return /^[0-9a-f]{64}\.safetensors$/.test(name);
}

/** Removes what writes left that were interrupted more than an hour ago. */
async function removeInterrupted(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(".tmp-")) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found && Date.now() - found.mtimeMs > 3_600_000) await rm(path, { force: true });
  }
}

function keyText(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** @throws UserError if the file has no such bytes */
function find({ tensors }: SafetensorsReader, name: string): StoredTensor {
  const found = tensors.find((tensor) => tensor.name === name);
  if (found !== undefined && !("skipped" in found) && found.dtype === "uint8") return found;
  throw new UserError(`it has no bytes called ${name}`);
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
