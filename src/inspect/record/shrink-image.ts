import type { RecordedImage } from "../types/image.ts";

/** Shrinks an image by the smallest integer factor such that no side exceeds `maxSide` pixels. */
export function shrinkTo(image: RecordedImage, maxSide: number): RecordedImage {
  return shrink(image, Math.ceil(Math.max(image.width, image.height) / maxSide));
}

/** Averages squares of `factor` pixels; squares at the right and bottom edge may be smaller. */
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
