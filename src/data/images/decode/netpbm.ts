/** Decodes PBM, PGM and PPM pictures (netpbm), which sharp does not read: binary and plain text. */

import { BrokenImageError, type DecodedImage } from "./decoded-image.ts";

const kinds = {
  P1: { channels: 1, binary: false, bitmap: true },
  P2: { channels: 1, binary: false, bitmap: false },
  P3: { channels: 3, binary: false, bitmap: false },
  P4: { channels: 1, binary: true, bitmap: true },
  P5: { channels: 1, binary: true, bitmap: false },
  P6: { channels: 3, binary: true, bitmap: false },
} as const;

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || (byte !== undefined && byte >= 0x09 && byte <= 0x0d);

function kindOf(bytes: Uint8Array): (typeof kinds)[keyof typeof kinds] | undefined {
  if (bytes[0] !== 0x50 || !(isSpace(bytes[2]) || bytes[2] === 0x23)) return undefined;
  return kinds[`P${String.fromCharCode(bytes[1] ?? 0)}` as keyof typeof kinds];
}

/** Whether bytes begin as a PBM, PGM or PPM picture does. */
export function isNetpbm(bytes: Uint8Array): boolean {
  return kindOf(bytes) !== undefined;
}

/**
 * Decodes a PBM, PGM or PPM picture; values are scaled to 0..255 and rounded. In a PBM 1 is black.
 *
 * @throws BrokenImageError for bytes that are cut short or no numbers
 */
export function decodeNetpbm(bytes: Uint8Array, maxPixels: number): DecodedImage {
  const { channels, binary, bitmap } = kindOf(bytes)!;
  const next = numberReader(bytes);
  const [width, height] = [next(), next()];
  const highest = bitmap ? 1 : next();
  if (width === 0 || height === 0) throw new BrokenImageError("it has no pixels");
  if (width * height > maxPixels)
    throw new BrokenImageError(`it has more than ${maxPixels} pixels`);
  if (highest < 1 || highest > 65_535) {
    throw new BrokenImageError(`its highest value is ${highest}, expected 1 to 65535`);
  }
  const start = next.position() + 1; // one blank before the values
  const value = binary ? binaryReader(bytes, start, width * channels, highest, bitmap) : next;
  const data = new Uint8Array(width * height * channels);
  for (let at = 0; at < data.length; at++) {
    const read = Math.min(value(bitmap && !binary), highest);
    data[at] = bitmap ? 255 * (1 - read) : Math.round((read * 255) / highest);
  }
  return { data, width, height, channels };
}

/** Reads numbers in decimal digits, after blanks and comments; in plain bitmaps a number is one digit. */
function numberReader(bytes: Uint8Array): ((digit?: boolean) => number) & { position(): number } {
  let at = 2;
  const next = (digit = false): number => {
    for (; isSpace(bytes[at]) || bytes[at] === 0x23; at++) {
      if (bytes[at] === 0x23) while (at < bytes.length && bytes[at] !== 0x0a) at++;
    }
    const start = at;
    let value = 0;
    for (; at < bytes.length && bytes[at]! >= 0x30 && bytes[at]! <= 0x39; at++) {
      value = value * 10 + bytes[at]! - 0x30;
      if (digit) {
        at++;
        break;
      }
    }
    if (at === start || at - start > 9) {
      const reason = start >= bytes.length ? "its end is cut off" : "a value is not a number";
      throw new BrokenImageError(reason);
    }
    return value;
  };
  return Object.assign(next, { position: () => at });
}

/** Reads values of one bit, one byte or two bytes; rows of bits begin at a whole byte. */
function binaryReader(
  bytes: Uint8Array,
  start: number,
  perRow: number,
  highest: number,
  bitmap: boolean,
): () => number {
  let index = 0;
  const width = highest > 255 ? 2 : 1;
  return () => {
    const place = index++;
    const row = Math.floor(place / perRow);
    const column = place % perRow;
    const at = bitmap ? start + row * Math.ceil(perRow / 8) + (column >> 3) : start + place * width;
    if (at + width > bytes.length) throw new BrokenImageError("its end is cut off");
    if (bitmap) return (bytes[at]! >> (7 - (column & 7))) & 1;
    return width === 1 ? bytes[at]! : bytes[at]! * 256 + bytes[at + 1]!;
  };
}
