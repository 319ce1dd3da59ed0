/** Decodes one picture file to bytes, through sharp. */

import type Sharp from "sharp";
import { usageError } from "../../graph/errors.ts";
import type { ImageShape } from "../dataset.ts";
import { toChannels } from "./channels.ts";

/** A picture in memory. */
export interface DecodedImage extends ImageShape {
  /** Bytes by row, column, channel. */
  readonly data: Uint8Array;
}

/** Limits and channels of decoding. */
export interface ImageDecodeOptions {
  /** 3 for red, green, blue (the default), 1 for grey. */
  readonly channels?: 1 | 3;
  /** Maximum number of pixels per picture, by default 64 million. */
  readonly maxPixels?: number;
}

/** A picture that cannot be decoded; the message has the reason but not the name of the picture. */
export class BrokenImageError extends Error {
  override readonly name: string = "BrokenImageError";
}

/**
 * Decodes a JPEG, PNG, WebP, GIF (its first frame), TIFF or AVIF picture.
 *
 * The recorded orientation is applied, transparency is dropped, 16 bits become 8, other
 * colour spaces become sRGB. Grey is (299 R + 587 G + 114 B) / 1000 (ITU-R BT.601), rounded.
 *
 * @throws BrokenImageError if the bytes are in another format, truncated, damaged or too large
 *
 * @example
 * const { data, height, width } = await decodeImage(await readFile("cat.jpg")); // [H * W * 3]
 */
export async function decodeImage(
  bytes: Uint8Array,
  options: ImageDecodeOptions = {},
): Promise<DecodedImage> {
  const { channels = 3, maxPixels = 64e6 } = options;
  if (bytes.length === 0) throw new BrokenImageError("it is empty");
  if (!formats.some((matches) => matches(bytes))) {
    throw new BrokenImageError("it is not a JPEG, PNG, WebP, GIF, TIFF or AVIF picture");
  }
  const sharp = await loadSharp();
  const { data, info } = await sharp(bytes, { limitInputPixels: maxPixels })
    .autoOrient()
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: Error) => {
      const reason = /pixel limit/.test(cause.message)
        ? `it has more than ${maxPixels} pixels`
        : cause.message.trim().replace(/\s*\n\s*/g, "; ");
      throw new BrokenImageError(reason, { cause });
    });
  const { height, width } = info;
  const decoded = new Uint8Array(data.buffer, data.byteOffset, data.length);
  return { data: toChannels(decoded, info.channels, channels), height, width, channels };
}

/** Magic bytes of the formats; sharp alone would also accept documents such as SVG and PDF. */
const formats: readonly ((bytes: Uint8Array) => boolean)[] = [
  (bytes) => startsWith(bytes, [0xff, 0xd8, 0xff]),
  (bytes) => startsWith(bytes, [0x89, 0x50, 0x4e, 0x47]),
  (bytes) => text(bytes, 0, 4) === "RIFF" && text(bytes, 8, 12) === "WEBP",
  (bytes) => text(bytes, 0, 4) === "GIF8",
  (bytes) => ["II*\0", "MM\0*"].includes(text(bytes, 0, 4)),
  (bytes) => text(bytes, 4, 12) === "ftypavif",
];

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((byte, at) => bytes[at] === byte);
}

function text(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end));
}

let loaded: Promise<typeof Sharp> | undefined;

/** The optional package, set to one thread per picture, which leaves other threads to the model. */
function loadSharp(): Promise<typeof Sharp> {
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
