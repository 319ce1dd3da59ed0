/** Decodes the pictures of a split into shared memory, in order, several at a time. */

import { availableParallelism } from "node:os";
import { UserError, usageError } from "../../graph/errors.ts";
import { openShared } from "../array-dataset.ts";
import type { ImageDataset, Split } from "../dataset.ts";
import { resizeBytes } from "../transforms/index.ts";
import { BrokenImageError, type DecodedImage, decodeImage } from "./decode.ts";
import type { DecodedCache } from "./decoded-cache.ts";

/** How pictures are decoded; part of a data set's plain description. */
export interface StoreOptions {
  /** 3 for red, green, blue (the default), 1 for grey. */
  readonly channels?: 1 | 3;
  /** Side of the square to which all pictures are resized, pixels; by default they are not resized. */
  readonly size?: number;
  /** Handling of undecodable pictures: "stop" (the default), or "skip", which counts and reports them. */
  readonly onBroken?: "stop" | "skip";
  /** Maximum bytes of decoded pictures, by default 2^32. */
  readonly maxBytes?: number;
}

/** An undecoded picture of a split. */
export interface EncodedSample {
  /** The file, and the row if the file has several, for messages. */
  readonly source: string;
  /** The bytes of the picture file; may throw a `BrokenImageError`. */
  readonly read: () => Uint8Array | Promise<Uint8Array>;
  readonly label?: number;
  readonly captions?: readonly string[];
  readonly domain?: string;
}

/** The pictures of a split, before they are decoded. */
export interface EncodedSplit {
  readonly name: string;
  readonly split: Split;
  readonly classNames: readonly string[];
  /** Number of samples. */
  readonly length: number;
  readonly samples: AsyncIterable<EncodedSample>;
}

/** Pictures that were skipped in a split. */
export interface SkippedImages {
  readonly count: number;
  readonly length: number;
  /** The first reason, as one sentence. */
  readonly message: string;
}

/** Progress callbacks and a cache for decoding pictures. */
export interface StoreHooks {
  /** Called at intervals, and at the end. */
  readonly onProgress?: (done: number, length: number) => void;
  /** Called once if pictures were skipped; by default emits a process warning. */
  readonly onSkipped?: (skipped: SkippedImages) => void;
  /** Decoded pictures by source and size; newly decoded pictures are added. */
  readonly decoded?: DecodedCache | undefined;
}

interface Store {
  readonly shape: { readonly height: number; readonly width: number; readonly channels: number };
  /** The picture that determines the shape. */
  readonly first: string;
  readonly images: Uint8Array;
}

interface Decoded {
  readonly sample: EncodedSample;
  readonly slot: number;
  readonly image: DecodedImage | BrokenImageError;
}

const progressEvery = 500;
const remedy = "repair it, or skip such pictures with on_broken: skip";

/**
 * Decodes every sample of a split into one block of shared memory. All must have one size, unless they are
 * resized. Skipped pictures do not change the order of the others.
 *
 * @throws UserError for undecodable pictures (unless skipped), different sizes, or too many classes or bytes
 */
export async function storeImages(
  encoded: EncodedSplit,
  options: StoreOptions = {},
  hooks: StoreHooks = {},
): Promise<ImageDataset> {
  const { name, split, classNames, length } = encoded;
  const { size, onBroken = "stop", maxBytes = 2 ** 32 } = options;
  const decoding = { channels: options.channels ?? 3 };
  checkSize(name, size);
  if (classNames.length > 256) {
    throw new UserError(`${name} has ${classNames.length} classes; at most 256 can be read`);
  }
  const labels = new Uint8Array(new SharedArrayBuffer(length));
  const captions: (readonly string[])[] = [];
  const domains: string[] = [];
  const broken: { slot: number; message: string }[] = [];
  let store: Store | undefined;

  const place = ({ sample, slot, image }: Decoded): void => {
    if (image instanceof BrokenImageError) {
      const message = `${sample.source} cannot be decoded: ${image.message}`;
      if (onBroken === "skip") broken.push({ slot, message });
      else throw new UserError(`${message}; ${remedy}`, { cause: image });
      return;
    }
    store ??= allocateStore(name, image, sample.source, length, maxBytes);
    const { height, width, channels } = store.shape;
    if (image.height !== height || image.width !== width) {
      throw usageError(
        `${sample.source} is ${image.width} x ${image.height} pixels and ${store.first} is ${width} x ${height}; give a size to resize all pictures to`,
      );
    }
    store.images.set(image.data, slot * height * width * channels);
  };

  let done = 0;
  const decode = async (sample: EncodedSample): Promise<DecodedImage> => {
    const key = `${sample.source}\0${decoding.channels}\0${size ?? ""}`;
    const known = hooks.decoded?.get(key);
    if (known !== undefined) return known;
    const image = await decodeImage(await sample.read(), decoding);
    const sized = size === undefined ? image : resizeBytes(image, size, size);
    hooks.decoded?.set(key, sized);
    return sized;
  };
  for await (const decoded of decodeInOrder(encoded.samples, decode)) {
    const { sample, slot } = decoded;
    if (slot === length) throw new Error(`${name}: got more than the ${length} announced samples`);
    labels[slot] = sample.label ?? 0;
    if (sample.captions !== undefined) captions[slot] = sample.captions;
    if (sample.domain !== undefined) domains[slot] = sample.domain;
    place(decoded);
    done = slot + 1;
    if (done % progressEvery === 0 || done === length) hooks.onProgress?.(done, length);
  }
  if (done !== length)
    throw new Error(`${name}: ${length} samples were announced, but got ${done}`);
  if (store === undefined) throw nothing(name, split, broken[0]?.message);
  if (broken.length > 0)
    reportSkipped(name, split, length, broken[0]!.message, broken.length, hooks);
  const left = new Set(broken.map((one) => one.slot));
  const members = Uint32Array.from({ length }, (_, index) => index).filter((at) => !left.has(at));
  return openShared(
    {
      name,
      split,
      imageShape: store.shape,
      images: store.images,
      labels,
      members,
      ...(captions.length > 0 && { captions }),
      ...(domains.length > 0 && { domains }),
    },
    classNames,
  );
}

/** Decodes several pictures concurrently and yields them in the order of the samples. */
async function* decodeInOrder(
  samples: AsyncIterable<EncodedSample>,
  read: (sample: EncodedSample) => Promise<DecodedImage>,
): AsyncGenerator<Decoded> {
  const decode = async (sample: EncodedSample, slot: number): Promise<Decoded> => {
    try {
      return { sample, slot, image: await read(sample) };
    } catch (cause) {
      if (cause instanceof BrokenImageError) return { sample, slot, image: cause };
      throw cause;
    }
  };
  const atOnce = Math.min(4, availableParallelism());
  const running: Promise<Decoded>[] = [];
  let slot = 0;
  for await (const sample of samples) {
    const decoded = decode(sample, slot++);
    decoded.catch(() => {}); // reported in the order of samples
    running.push(decoded);
    if (running.length > atOnce) yield await running.shift()!;
  }
  for (const decoded of running) yield await decoded;
}

function allocateStore(
  name: string,
  { height, width, channels }: DecodedImage,
  first: string,
  length: number,
  maxBytes: number,
): Store {
  const bytes = length * height * width * channels;
  if (bytes > maxBytes) {
    throw usageError(
      `${name}: ${length} pictures of ${width} x ${height} pixels take ${bytes} bytes decoded, more than ${maxBytes}; give a smaller size to resize them to`,
    );
  }
  const images = new Uint8Array(new SharedArrayBuffer(bytes));
  return { shape: { height, width, channels }, first, images };
}

function checkSize(name: string, size: number | undefined): void {
  if (size === undefined || (Number.isInteger(size) && size >= 1 && size <= 4096)) return;
  throw usageError(`${name}: size must be a whole number from 1 to 4096, got ${size}`);
}

function nothing(name: string, split: Split, reason: string | undefined): UserError {
  const why = reason === undefined ? "it has no samples" : `no picture can be decoded; ${reason}`;
  return new UserError(`the ${split} split of ${name} is empty: ${why}`);
}

function reportSkipped(
  name: string,
  split: Split,
  length: number,
  first: string,
  count: number,
  hooks: StoreHooks,
): void {
  const message = `${name} ${split}: skipped ${count} of ${length} pictures; the first: ${first}`;
  if (hooks.onSkipped) hooks.onSkipped({ count, length, message });
  else process.emitWarning(message);
}
