/** Swaps left and right. */

import { type FloatImage, sameShape, type Transform } from "./image.ts";

/** Probability of mirroring. */
export interface HorizontalFlipOptions {
  /** Probability, by default 0.5. */
  readonly p?: number;
}

/** Mirrors images left to right at random. */
export function horizontalFlip(options: HorizontalFlipOptions): Transform {
  const { p = 0.5 } = options;
  return sameShape((image, draws) => (draws.uniform() < p ? flip(image) : image));
}

/** Mirrors the columns of an image in place. */
export function flip(image: FloatImage): FloatImage {
  const { data, height, width, channels } = image;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width >> 1; column++) {
      const left = (row * width + column) * channels;
      const right = (row * width + width - 1 - column) * channels;
      for (let c = 0; c < channels; c++) {
        const kept = data[left + c]!;
        data[left + c] = data[right + c]!;
        data[right + c] = kept;
      }
    }
  }
  return image;
}
