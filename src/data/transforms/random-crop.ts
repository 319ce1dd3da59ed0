/** Cuts a window at a random place. */

import { usageError } from "../../graph/errors.ts";
import type { ImageShape } from "../dataset.ts";
import { blank, type FloatImage, type Transform } from "./image.ts";

/** Size of the window and padding around the image. */
export interface RandomCropOptions {
  /** Zeros added around the image, in pixels; by default 0. */
  readonly padding?: number;
  /** Side of the window or its [height, width]; by default the size of the image. */
  readonly size?: number | readonly [number, number];
}

/**
 * A window of `size` from the padded image; every position is equally likely.
 *
 * @throws UserError (exit code 2) if the window does not fit into the padded image
 */
export function randomCrop(options: RandomCropOptions): Transform {
  const { padding = 0, size } = options;
  const window = (image: Pick<ImageShape, "height" | "width">): readonly [number, number] => {
    const [height, width] =
      size === undefined
        ? [image.height, image.width]
        : typeof size === "number"
          ? [size, size]
          : size;
    if (height > image.height + 2 * padding || width > image.width + 2 * padding) {
      throw usageError(
        `random_crop: a window of ${height} x ${width} does not fit in ${image.height} x ${image.width} with padding ${padding}; lower its size or raise its padding`,
      );
    }
    return [height, width];
  };
  return {
    outputShape: (shape) => {
      const [height, width] = window(shape);
      return { height, width, channels: shape.channels };
    },
    apply: (image, draws) => {
      const [height, width] = window(image);
      const spareRows = image.height + 2 * padding - height;
      const spareColumns = image.width + 2 * padding - width;
      const top = draws.integer(0, spareRows + 1) - padding;
      const left = draws.integer(0, spareColumns + 1) - padding;
      return crop(image, top, left, height, width);
    },
  };
}

/** The window with its corner at (`top`, `left`); pixels outside the image are zero. */
export function crop(
  image: FloatImage,
  top: number,
  left: number,
  height: number,
  width: number,
): FloatImage {
  const { channels } = image;
  const out = blank(height, width, channels);
  const first = Math.max(0, -left);
  const last = Math.min(width, image.width - left);
  for (let row = Math.max(0, -top); row < Math.min(height, image.height - top); row++) {
    const from = ((row + top) * image.width + left) * channels;
    const source = image.data.subarray(from + first * channels, from + last * channels);
    if (last > first) out.data.set(source, (row * width + first) * channels);
  }
  return out;
}
