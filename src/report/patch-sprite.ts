/** Packs many small images into one sprite. */

import { shrink } from "../inspect/record/shrink-image.ts";
import type { RecordedImage } from "../inspect/types/image.ts";
import { pngDataUri } from "./png.ts";

export interface PatchSprite {
  /** PNG data URI; images are placed row by row. */
  readonly image: string;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Packs RGB squares of `side` pixels, row by row. Larger images are averaged, smaller ones repeat
 * pixels. The unused part of the last row is transparent.
 */
export function patchSprite(
  patches: readonly RecordedImage[],
  { side, columns }: { readonly side: number; readonly columns: number },
): PatchSprite {
  const rows = Math.max(1, Math.ceil(patches.length / columns));
  const [width, height] = [side * columns, side * rows];
  const data = new Uint8Array(width * height * 4);
  for (const [i, patch] of patches.entries()) {
    const small = shrink(patch, Math.floor(Math.max(patch.width, patch.height) / side));
    const [left, top] = [(i % columns) * side, Math.floor(i / columns) * side];
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const source = pixel(small, x / side, y / side);
        data.set(source, ((top + y) * width + left + x) * 4);
      }
    }
  }
  return { image: pngDataUri({ width, height, channels: 4, data }), rows, columns };
}

/** Red, green, blue and alpha at a pixel, from 0 to 1. */
function pixel({ width, height, channels, data }: RecordedImage, x: number, y: number): number[] {
  const at = (Math.floor(y * height) * width + Math.floor(x * width)) * channels;
  const color = channels < 3 ? [data[at]!, data[at]!, data[at]!] : [...data.subarray(at, at + 3)];
  return [...color, channels % 2 === 0 ? data[at + channels - 1]! : 255];
}
