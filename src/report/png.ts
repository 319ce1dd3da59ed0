/** Images as data URIs. */

import { encode } from "fast-png";
import { encodeBase64 } from "../formats/base64.ts";
import { shrinkTo } from "../inspect/record/shrink-image.ts";
import type { RecordedImage } from "../inspect/types/image.ts";

/**
 * A PNG data URI of an image; images with a side above `maxSide` pixels are shrunk by an integer
 * factor.
 *
 * @param options `maxSide` defaults to 160, which keeps pages with many images small
 * @throws RangeError if the sizes and the number of bytes do not match
 */
export function pngDataUri(
  image: RecordedImage,
  { maxSide = 160 }: { readonly maxSide?: number } = {},
): string {
  const { width, height, channels, data } = image;
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)) {
    throw new RangeError(`image size must be positive integers, got ${width}x${height}`);
  }
  if (![1, 2, 3, 4].includes(channels)) {
    throw new RangeError(`image must have 1 to 4 channels, got ${channels}`);
  }
  if (data.length !== width * height * channels) {
    throw new RangeError(
      `image of ${width}x${height}x${channels} needs ${width * height * channels} bytes, got ${data.length}`,
    );
  }
  const small = shrinkTo(image, maxSide);
  const bytes = encode({
    width: small.width,
    height: small.height,
    channels: small.channels,
    depth: 8,
    data: small.data,
  });
  return `data:image/png;base64,${encodeBase64(bytes)}`;
}

/** The image in grey; alpha is unchanged. */
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
