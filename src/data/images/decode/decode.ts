/** Decodes one picture file to bytes, through sharp. */

import type sharpModule from "sharp";
import type { Sharp } from "sharp";
import { usageError } from "../../../graph/errors.ts";
import { decodeBmp, isBmp } from "./bmp.ts";
import { toChannels } from "./channels.ts";
import { BrokenImageError, type DecodedImage } from "./decoded-image.ts";
import { keepHiddenColors } from "./gif.ts";
import { decodeNetpbm, isNetpbm } from "./netpbm.ts";

export { BrokenImageError, type DecodedImage } from "./decoded-image.ts";

/** The endings of names of pictures, in lower case. */
export const pictureEndings: readonly string[] = [
  ...[".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".gif", ".tif", ".tiff", ".avif"],
  ...[".bmp", ".ppm", ".pgm", ".pbm", ".pnm"],
];

/** The formats that are read, for messages. */
export const pictureFormats = "JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PPM or PGM";

/** Limits and channels of decoding. */
export interface ImageDecodeOptions {
  /** 3 for red, green, blue (the default), 1 for grey. */
  readonly channels?: 1 | 3;
  /** Maximum number of pixels per picture, by default 64 million. */
  readonly maxPixels?: number;
}

/**
 * Decodes a JPEG, PNG, WebP, GIF (its first frame), TIFF, AVIF, BMP, PPM or PGM picture.
 *
 * The orientation that a camera recorded is applied, and transparency is dropped: a transparent pixel
 * keeps its colour, as in Pillow's `convert("RGB")`. Other colour spaces become sRGB, by the ICC
 * profile of the picture if it has one. 16 bits become 8: the high byte. Floating-point values from 0
 * to 1 are multiplied by 255; others are taken as 0 to 255. Grey is (299 R + 587 G + 114 B) / 1000
 * (ITU-R BT.601), rounded.
 *
 * @throws BrokenImageError for bytes that are no such picture, cut short, damaged or too large
 * @example
 * const { data, height, width } = await decodeImage(await readFile("cat.jpg")); // [H * W * 3]
 */
export async function decodeImage(
  bytes: Uint8Array,
  options: ImageDecodeOptions = {},
): Promise<DecodedImage> {
  const { channels = 3, maxPixels = 64e6 } = options;
  if (bytes.length === 0) throw new BrokenImageError("it is empty");
  const format = Object.keys(formats).find((name) => formats[name as Format](bytes));
  if (format === undefined) throw new BrokenImageError(`it is not a ${pictureFormats} picture`);
  const image = await decoders[format as Format](bytes, maxPixels);
  return { ...image, data: toChannels(image.data, image.channels, channels), channels };
}

/** Decodes through sharp; values of more than 8 bits are looked at first. */
async function decodeBySharp(bytes: Uint8Array, maxPixels: number): Promise<DecodedImage> {
  const sharp = await loadSharp();
  const open = () => sharp(bytes, { limitInputPixels: maxPixels });
  return explained(maxPixels, async () => {
    const { depth, hasAlpha } = isDeep(bytes) ? await open().metadata() : shallow;
    if (depth === "float" || depth === "double") return decodeFloats(open());
    const { data, info } = await open()
      .autoOrient()
      .toColourspace("srgb")
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const { height, width, channels } = info;
    const image = { data: new Uint8Array(data.buffer, data.byteOffset, data.length) };
    const doubt = depth === "ushort" ? doubtOf(await highestValue(open(), hasAlpha)) : undefined;
    return { ...image, height, width, channels, ...(doubt !== undefined && { doubt }) };
  });
}

/** Only TIFF, and PNG of 16 bits, have values of more than 8 bits. */
function isDeep(bytes: Uint8Array): boolean {
  return formats.tiff(bytes) || (formats.png(bytes) && bytes[24] === 16);
}

const shallow = { depth: "uchar", hasAlpha: false } as const;

async function highestValue(picture: Sharp, hasAlpha: boolean): Promise<number> {
  const { channels } = await picture.stats();
  return Math.max(...channels.slice(0, hasAlpha ? -1 : undefined).map(({ max }) => max));
}

function doubtOf(highest: number): string | undefined {
  if (highest === 0 || highest >= 2 ** 14) return undefined;
  const bits = Math.max(8, Math.ceil(Math.log2(highest + 1)));
  return `its values of 16 bits use only ${bits}, and the high 8 of 16 are read, so that it is almost black; multiply the values by ${2 ** (16 - bits)}`;
}

async function decodeFloats(picture: Sharp): Promise<DecodedImage> {
  const { data, info } = await picture
    .autoOrient()
    .removeAlpha()
    .raw({ depth: "float" })
    .toBuffer({ resolveWithObject: true });
  const { height, width, channels } = info;
  const values = new Float32Array(
    data.buffer.slice(data.byteOffset, data.byteOffset + data.length),
  );
  const { least, most } = rangeOf(values);
  const isUnit = least >= 0 && most <= 1;
  const scale = isUnit ? 255 : 1;
  // A byte array rounds and clips by itself.
  const scaled = Uint8ClampedArray.from(values, (value) => value * scale);
  const isDoubtful = !(least >= 0 && most <= 255);
  return {
    data: new Uint8Array(scaled.buffer),
    height,
    width,
    channels,
    ...(isDoubtful && {
      doubt: `its floating-point values are neither within 0..1 nor within 0..255, so that they are cut to 0..255; scale them`,
    }),
  };
}

function rangeOf(values: Float32Array): { least: number; most: number } {
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (Number.isNaN(value)) throw new BrokenImageError("it has values that are not numbers (NaN)");
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, most };
}

/** Errors of sharp as broken pictures. */
async function explained<Result>(maxPixels: number, read: () => Promise<Result>): Promise<Result> {
  try {
    return await read();
  } catch (cause) {
    if (cause instanceof BrokenImageError) throw cause;
    const { message } = cause as Error;
    if (/pixel limit/.test(message)) {
      throw new BrokenImageError(`it has more than ${maxPixels} pixels`, { cause });
    }
    const details = message
      .trim()
      .replace(/\s*\n\s*/g, "; ")
      .slice(0, 300);
    throw new BrokenImageError(details, { cause, reason: "their data are damaged" });
  }
}

type Decoder = (bytes: Uint8Array, maxPixels: number) => DecodedImage | Promise<DecodedImage>;

/** The first bytes of the formats; sharp alone would also run documents such as SVG and PDF. */
const formats = {
  jpeg: (bytes: Uint8Array) => startsWith(bytes, [0xff, 0xd8, 0xff]),
  png: (bytes: Uint8Array) => startsWith(bytes, [0x89, 0x50, 0x4e, 0x47]),
  webp: (bytes: Uint8Array) => text(bytes, 0, 4) === "RIFF" && text(bytes, 8, 12) === "WEBP",
  gif: (bytes: Uint8Array) => text(bytes, 0, 4) === "GIF8",
  tiff: (bytes: Uint8Array) => ["II*\0", "MM\0*"].includes(text(bytes, 0, 4)),
  avif: (bytes: Uint8Array) => text(bytes, 4, 12) === "ftypavif",
  bmp: isBmp,
  netpbm: isNetpbm,
} as const;

type Format = keyof typeof formats;

const decoders: Readonly<Record<Format, Decoder>> = {
  jpeg: decodeBySharp,
  png: decodeBySharp,
  webp: decodeBySharp,
  gif: (bytes, maxPixels) => decodeBySharp(keepHiddenColors(bytes), maxPixels),
  tiff: decodeBySharp,
  avif: decodeBySharp,
  bmp: decodeBmp,
  netpbm: decodeNetpbm,
};

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

let loaded: Promise<typeof sharpModule> | undefined;

/** The optional package, set to one thread a picture so that it leaves the others to the model. */
function loadSharp(): Promise<typeof sharpModule> {
  loaded ??= import("sharp").then(
    ({ default: sharp }) => {
      sharp.concurrency(1);
      sharp.cache(false);
      return sharp;
    },
    (cause: unknown) => {
      throw usageError(
        'decoding pictures needs the optional package sharp, which cannot be loaded; run "npm install sharp"',
        { cause },
      );
    },
  );
  return loaded;
}
