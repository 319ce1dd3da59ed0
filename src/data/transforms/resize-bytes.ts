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
