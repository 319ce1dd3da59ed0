/** Images as data URIs. */

import { encode } from "fast-png";
import type { RecordedImage } from "../inspect/types.ts";

/** Longest side of an embedded image, pixels. */
const maxSide = 160;

/**
 * A PNG data URI of an image; images with a side beyond 160 pixels are shrunk by a whole factor.
 *
 * @throws RangeError when the sizes and the bytes do not agree
 */
export function pngDataUri(image: RecordedImage): string {
  const { width, height, channels, data } = image;
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new RangeError(`image size must be positive whole numbers, got ${width}x${height}`);
  }
  if (![1, 2, 3, 4].includes(channels)) {
    throw new RangeError(`image must have 1 to 4 channels, got ${channels}`);
  }
  if (data.length !== width * height * channels) {
    throw new RangeError(
      `image of ${width}x${height}x${channels} needs ${width * height * channels} bytes, got ${data.length}`,
    );
  }
  const small = shrink(image, Math.ceil(Math.max(width, height) / maxSide));
  const bytes = encode({
    width: small.width,
    height: small.height,
    channels: small.channels,
    depth: 8,
    data: small.data,
  });
  return `data:image/png;base64,${base64(bytes)}`;
}

/** Means over squares of `factor` pixels; squares at the right and bottom edge may be smaller. */
export function shrink(image: RecordedImage, factor: number): RecordedImage {
  if (factor <= 1) return image;
  const { channels } = image;
  const width = Math.ceil(image.width / factor);
  const height = Math.ceil(image.height / factor);
  const data = new Uint8Array(width * height * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const right = Math.min(image.width, (x + 1) * factor);
      const bottom = Math.min(image.height, (y + 1) * factor);
      const area = (right - x * factor) * (bottom - y * factor);
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let v = y * factor; v < bottom; v++) {
          for (let u = x * factor; u < right; u++) {
            sum += image.data[(v * image.width + u) * channels + c]!;
          }
        }
        data[(y * width + x) * channels + c] = Math.round(sum / area);
      }
    }
  }
  return { width, height, channels, data };
}

/** The same picture in grey; alpha stays. */
export function greyscale(image: RecordedImage): RecordedImage {
  const { width, height, channels, data } = image;
  if (channels < 3) return image;
  const grey = channels === 4 ? 2 : 1;
  const result = new Uint8Array(width * height * grey);
  for (let i = 0; i < width * height; i++) {
    const at = i * channels;
    // Rec. 601 weights.
    const light = 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
    result[i * grey] = Math.round(light);
    if (grey === 2) result[i * 2 + 1] = data[at + 3]!;
  }
  return { width, height, channels: grey, data: result };
}

function base64(bytes: Uint8Array): string {
  let binary = "";
  const stride = 8192;
  for (let i = 0; i < bytes.length; i += stride) {
    binary += String.fromCharCode(...bytes.subarray(i, i + stride));
  }
  return btoa(binary);
}
