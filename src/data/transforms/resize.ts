/** Bilinear resizing with averaging over all source pixels when it shrinks. */

import { blank, type FloatImage, type Transform } from "./image.ts";

/** Size of the result. */
export interface ResizeOptions {
  /** Side of the square result, or its [height, width]. The aspect ratio is not kept. */
  readonly size: number | readonly [number, number];
}

/** The first source pixel of every target position, and the weights of its source pixels, which sum to 1. */
interface Taps {
  readonly starts: number[];
  readonly weights: number[][];
}

/**
 * Resizes as Pillow's `BILINEAR` and torchvision's `antialias=True` do: a triangle filter whose
 * radius is max(1, input / output) source pixels.
 */
export function resize(options: ResizeOptions): Transform {
  const [height, width] =
    typeof options.size === "number" ? [options.size, options.size] : options.size;
  return {
    outputShape: ({ channels }) => ({ height, width, channels }),
    apply: (image) => resizeTo(image, height, width),
    isFixed: true,
  };
}

/**
 * Resizes an image; see `resize`.
 *
 * @param height of the result, pixels
 * @param width of the result, pixels
 */
export function resizeTo(image: FloatImage, height: number, width: number): FloatImage {
  if (image.height === height && image.width === width) return image;
  return resizeRows(resizeColumns(image, width), height);
}

function triangleTaps(input: number, output: number): Taps {
  const scale = input / output;
  const radius = Math.max(scale, 1);
  const starts: number[] = [];
  const weights: number[][] = [];
  for (let target = 0; target < output; target++) {
    const center = (target + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - radius + 0.5));
    const end = Math.min(input, Math.trunc(center + radius + 0.5));
    const raw: number[] = [];
    for (let at = start; at < end; at++) {
      raw.push(Math.max(0, 1 - Math.abs(at + 0.5 - center) / radius));
    }
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    starts.push(start);
    weights.push(raw.map((weight) => weight / total));
  }
  return { starts, weights };
}

function resizeColumns(image: FloatImage, width: number): FloatImage {
  const { height, channels } = image;
  const out = blank(height, width, channels);
  const taps = triangleTaps(image.width, width);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const start = (row * image.width + taps.starts[column]!) * channels;
      const at = (row * width + column) * channels;
      taps.weights[column]!.forEach((weight, tap) => {
        for (let c = 0; c < channels; c++) {
          out.data[at + c]! += weight * image.data[start + tap * channels + c]!;
        }
      });
    }
  }
  return out;
}

function resizeRows(image: FloatImage, height: number): FloatImage {
  const rowLength = image.width * image.channels;
  const out = blank(height, image.width, image.channels);
  const taps = triangleTaps(image.height, height);
  for (let row = 0; row < height; row++) {
    taps.weights[row]!.forEach((weight, tap) => {
      const from = (taps.starts[row]! + tap) * rowLength;
      for (let i = 0; i < rowLength; i++) {
        out.data[row * rowLength + i]! += weight * image.data[from + i]!;
      }
    });
  }
  return out;
}
