/** The input of transforms: one image as float32 values by row, column, channel. */

import type { Stream } from "../../random/index.ts";
import type { ImageShape } from "../dataset.ts";

/** An image of floating-point values. */
export interface FloatImage extends ImageShape {
  /** `height * width * channels` values; bytes become fractions of 255. */
  readonly data: Float32Array;
}

/** A transform with bound options. It may modify its input. */
export interface Transform {
  readonly outputShape: (input: ImageShape) => ImageShape;
  readonly apply: (image: FloatImage, draws: Stream) => FloatImage;
  /** Whether it draws no random numbers. Default false. */
  readonly isFixed?: boolean;
}

/** A transform that keeps the shape. */
export function sameShape(apply: Transform["apply"]): Transform {
  return { outputShape: (input) => input, apply };
}

/** An image of zeros. */
export function blank(height: number, width: number, channels: number): FloatImage {
  return { height, width, channels, data: new Float32Array(height * width * channels) };
}
