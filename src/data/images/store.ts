/** Decodes the pictures of a split into shared memory, in order, several at a time. */

import { availableParallelism } from "node:os";
import { UserError, usageError } from "../../graph/errors.ts";
import { openShared } from "../array-dataset.ts";
import { type DataReport, type ReportHooks, withReport } from "../data-report.ts";
import type { ImageDataset, Split } from "../dataset.ts";
import { type FitMode, fitBytes } from "../transforms/index.ts";
import { BrokenImageError, type DecodedImage, decodeImage } from "./decode/decode.ts";
import type { DecodedCache } from "./decode/decoded-cache.ts";

/** How pictures are decoded; part of a data set's plain description. */
export interface StoreOptions {
  /** 3 for red, green, blue (the default), 1 for grey. */
  readonly channels?: 1 | 3;
  /** Side of the square to which all pictures are resized, pixels; by default they are not resized. */
  readonly size?: number;
  /**
   * How a picture that is no square becomes one: "squash" (the default) changes its aspect ratio,
   * "cover" cuts the middle out of it, "contain" adds black edges.
   */
  readonly resize?: FitMode;
  /** At a picture that cannot be decoded: "stop" (the default), or "skip", which counts and reports it. */
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

/** Progress, report and a cache for decoding pictures. */
export interface StoreHooks extends ReportHooks {
  /** Called now and then, and at the end. */
  readonly onProgress?: (done: number, length: number) => void;
  /** Pictures decoded before, by source and size; newly decoded pictures are added. */
  readonly decoded?: DecodedCache | undefined;
}

const maxClasses = 65_536;

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
 * Decodes every sample of a split into one block of shared memory. All must have one size, or be
 * resized to one. If pictures are skipped, the others keep their order.
 */
export function storeImages(
  encoded: EncodedSplit,
  options: StoreOptions = {},
  hooks: StoreHooks = {},
): Promise<ImageDataset> {
  return withReport(`${encoded.name} ${encoded.split}`, hooks, (report) =>
    storeInto(encoded, options, hooks, report),
  );
}

/** As `storeImages`, for readers that have a report of their own. */
export async function storeInto(
  encoded: EncodedSplit,
  options: StoreOptions,
  hooks: StoreHooks,
  report: DataReport,
): Promise<ImageDataset> {
  const { name, split, classNames, length } = encoded;
  const { size, resize = "squash", onBroken = "stop", maxBytes = 2 ** 32 } = options;
  const decoding = { channels: options.channels ?? 3 };
  checkSize(name, size);
  if (classNames.length > maxClasses) {
    throw new UserError(
      `${name} has ${classNames.length} classes; at most ${maxClasses} can be read`,
    );
  }
  const labels = new Uint16Array(new SharedArrayBuffer(2 * length));
  const captions: (readonly string[])[] = [];
  const domains: string[] = [];
  const broken = new Set<number>();
  let firstBroken: string | undefined;
  let store: Store | undefined;

  const doubts = createDoubts();
  const place = ({ sample, slot, image }: Decoded): void => {
    if (image instanceof BrokenImageError) {
      const message = `${sample.source} cannot be decoded: ${image.message}`;
      if (onBroken === "stop") throw new UserError(`${message}; ${remedy}`, { cause: image });
      const details = image.reason === image.message ? "" : ` (${image.message})`;
      report.skip("pictures", image.reason, `${sample.source}${details}`, length);
      broken.add(slot);
      firstBroken ??= message;
      return;
    }
    if (image.doubt !== undefined) doubts.add(image.doubt, sample.source);
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
    const key = `${sample.source}\0${decoding.channels}\0${size ?? ""}\0${resize}`;
    const known = hooks.decoded?.get(key);
    if (known !== undefined) return known;
    const image = await decodeImage(await sample.read(), decoding);
    const sized = size === undefined ? image : { ...image, ...fitBytes(image, size, resize) };
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
  if (done !== length) throw new Error(`${name}: ${length} samples were announced, ${done} came`);
  if (store === undefined) throw nothing(name, split, firstBroken);
  doubts.tell(report);
  const members = Uint32Array.from({ length }, (_, index) => index).filter((at) => !broken.has(at));
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

/** Doubts about pictures, with the number of pictures and the first. */
function createDoubts(): {
  add(doubt: string, source: string): void;
  tell(report: DataReport): void;
} {
  const found = new Map<string, { count: number; readonly first: string }>();
  return {
    add(doubt, source) {
      const before = found.get(doubt);
      if (before === undefined) found.set(doubt, { count: 1, first: source });
      else before.count++;
    },
    tell(report) {
      for (const [doubt, { count, first }] of found) {
        const others = count === 1 ? "" : ` (and ${count - 1} more pictures)`;
        report.warn(`${first}${others}: ${doubt}`);
      }
    },
  };
}
