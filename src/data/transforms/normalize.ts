/** Shifts and scales each channel: x <- (x - mean) / std. */

import { sameShape, type Transform } from "./image.ts";

/** Mean and standard deviation of each channel. */
export interface NormalizeOptions {
  /** One value per channel, or one for all; fractions of full brightness. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Normalises channels: `(value - mean) / std`. */
export function normalize(options: NormalizeOptions): Transform {
  const { mean, std } = options;
  const transform = sameShape((image) => {
    const { data, channels } = image;
    for (let c = 0; c < channels; c++) {
      const shift = mean[mean.length === 1 ? 0 : c]!;
      const scale = 1 / std[std.length === 1 ? 0 : c]!;
      for (let at = c; at < data.length; at += channels) data[at] = (data[at]! - shift) * scale;
    }
    return image;
  });
  return { ...transform, isFixed: true };
}
