/** Rotation of grey images. */
import { clamp } from "../clamp.ts";

/**
 * An image rotated about its centre, counter-clockwise, with bicubic interpolation (Keys' kernel with
 * a = -1 over the nearest 4 x 4 pixels, border pixels repeated) and 0 for sources outside the
 * image, like Pillow's `Image.rotate` with `BICUBIC`.
 *
 * @param image `height * width` bytes
 * @param degrees counter-clockwise
 */
export function rotateImage(
  image: Uint8Array,
  { height, width }: { readonly height: number; readonly width: number },
  degrees: number,
): Uint8Array {
  if (degrees % 360 === 0) return new Uint8Array(image);
  const out = new Uint8Array(height * width);
  const angle = (-degrees * Math.PI) / 180;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  for (let row = 0; row < height; row++) {
    const dy = row + 0.5 - height / 2;
    for (let column = 0; column < width; column++) {
      const dx = column + 0.5 - width / 2;
      const x = cos * dx + sin * dy + width / 2;
      const y = cos * dy - sin * dx + height / 2;
      if (!(x >= 0 && x < width && y >= 0 && y < height)) continue;
      out[row * width + column] = sample(image, height, width, y - 0.5, x - 0.5);
    }
  }
  return out;
}

/** The interpolated value; centres of pixels have integer coordinates. */
function sample(image: Uint8Array, height: number, width: number, y: number, x: number): number {
  const top = Math.floor(y) - 1;
  const left = Math.floor(x) - 1;
  const fx = x - left - 1;
  const lines: number[] = [];
  for (let r = 0; r < 4; r++) {
    const start = clamp(top + r, 0, height - 1) * width;
    const at = (c: number): number => image[start + clamp(left + c, 0, width - 1)]!;
    lines.push(cubic(at(0), at(1), at(2), at(3), fx));
  }
  const value = cubic(lines[0]!, lines[1]!, lines[2]!, lines[3]!, y - top - 1);
  return Math.min(Math.max(value, 0), 255); // the array truncates to integers
}

/** The cubic through four values at -1, 0, 1, 2, evaluated at `t` in [0, 1). */
function cubic(a: number, b: number, c: number, d: number, t: number): number {
  return b + t * (c - a + t * (2 * (a - b) + c - d + t * (b - a + d - c)));
}
