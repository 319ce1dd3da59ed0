/** Changes brightness, contrast and saturation by random factors, as torchvision's `ColorJitter`. */

import { clamp } from "../clamp.ts";
import { type FloatImage, sameShape, type Transform } from "./image.ts";

/** Maximum deviation of each factor from 1. */
export interface ColorJitterOptions {
  /** Each factor is drawn from [max(0, 1 - value), 1 + value]; by default 0 for no change. */
  readonly brightness?: number;
  readonly contrast?: number;
  /** Grey images have no saturation and skip it. */
  readonly saturation?: number;
}

/** Applies the three adjustments in random order; values stay in [0, 1]. */
export function colorJitter(options: ColorJitterOptions): Transform {
  const steps = [
    { value: options.brightness ?? 0, adjust: adjustBrightness },
    { value: options.contrast ?? 0, adjust: adjustContrast },
    { value: options.saturation ?? 0, adjust: adjustSaturation },
  ];
  return sameShape((image, draws) => {
    const order = [...steps];
    for (let i = order.length - 1; i > 0; i--) {
      const j = draws.integer(0, i + 1);
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    for (const { value, adjust } of order) {
      const factor = draws.uniform(Math.max(0, 1 - value), 1 + value);
      if (value > 0) adjust(image, factor);
    }
    return image;
  });
}

/** x <- factor x */
export function adjustBrightness(image: FloatImage, factor: number): void {
  const { data } = image;
  for (let i = 0; i < data.length; i++) data[i] = clamp(factor * data[i]!, 0, 1);
}

/** x <- factor x + (1 - factor) mean of the grey image */
export function adjustContrast(image: FloatImage, factor: number): void {
  const { data, channels } = image;
  let sum = 0;
  for (let at = 0; at < data.length; at += channels) sum += grey(image, at);
  const offset = ((1 - factor) * sum) / (data.length / channels);
  for (let i = 0; i < data.length; i++) data[i] = clamp(factor * data[i]! + offset, 0, 1);
}

/** x <- factor x + (1 - factor) grey(x), pixel by pixel */
export function adjustSaturation(image: FloatImage, factor: number): void {
  const { data, channels } = image;
  if (channels !== 3) return;
  for (let at = 0; at < data.length; at += 3) {
    const offset = (1 - factor) * grey(image, at);
    data[at] = clamp(factor * data[at]! + offset, 0, 1);
    data[at + 1] = clamp(factor * data[at + 1]! + offset, 0, 1);
    data[at + 2] = clamp(factor * data[at + 2]! + offset, 0, 1);
  }
}

/** ITU-R 601 luma with torchvision's digits. */
function grey({ data, channels }: FloatImage, at: number): number {
  if (channels !== 3) return data[at]!;
  return 0.2989 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!;
}
