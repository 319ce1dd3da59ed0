import type { ImageShape } from "../dataset.ts";
import { resizeTo } from "./resize.ts";

/** An image in bytes by row, column, channel. */
export interface ByteImage extends ImageShape {
  readonly data: Uint8Array;
}

/** Resizes like `resize` and rounds to bytes, the storage format of picture sets. */
export function resizeBytes(image: ByteImage, rows: number, columns: number): ByteImage {
  const { height, width, channels } = image;
  if (height === rows && width === columns) return image;
  const values = { height, width, channels, data: Float32Array.from(image.data) };
  const resized = resizeTo(values, rows, columns);
  const data = Uint8Array.from(resized.data, (value) => Math.round(value));
  return { height: rows, width: columns, channels, data };
}

/** How a picture becomes a square. */
export type FitMode = "squash" | "cover" | "contain";

/**
 * Brings a picture to a square of `size` pixels: "squash" without its aspect ratio, "cover" as
 * torchvision's `Resize(size)` and `CenterCrop(size)`, "contain" as Pillow's `ImageOps.pad`, on black.
 */
export function fitBytes(image: ByteImage, size: number, mode: FitMode): ByteImage {
  const { height, width } = image;
  if (mode === "squash" || height === width) return resizeBytes(image, size, size);
  const isWide = width > height;
  if (mode === "cover") {
    const long = Math.floor((size * Math.max(height, width)) / Math.min(height, width));
    const scaled = isWide ? resizeBytes(image, size, long) : resizeBytes(image, long, size);
    const offset = roundHalfEven((long - size) / 2);
    return isWide ? window(scaled, size, 0, -offset) : window(scaled, size, -offset, 0);
  }
  const short = Math.max(
    1,
    roundHalfEven((size * Math.min(height, width)) / Math.max(height, width)),
  );
  const scaled = isWide ? resizeBytes(image, short, size) : resizeBytes(image, size, short);
  const offset = roundHalfEven((size - short) / 2);
  return isWide ? window(scaled, size, offset, 0) : window(scaled, size, 0, offset);
}

/** A black square with an image at a place, which may be partly outside. */
function window(
  { data, height, width, channels }: ByteImage,
  size: number,
  top: number,
  left: number,
): ByteImage {
  const out = new Uint8Array(size * size * channels);
  const [firstColumn, lastColumn] = [Math.max(0, -left), Math.min(width, size - left)];
  for (let row = Math.max(0, -top); row < Math.min(height, size - top); row++) {
    const from = (row * width + firstColumn) * channels;
    const to = ((row + top) * size + firstColumn + left) * channels;
    out.set(data.subarray(from, from + (lastColumn - firstColumn) * channels), to);
  }
  return { data: out, height: size, width: size, channels };
}

/** Python's `round`. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
