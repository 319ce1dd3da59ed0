/**
 * Decodes BMP pictures, which sharp does not read: 1, 4, 8, 16, 24 and 32 bits, uncompressed or with
 * bit fields. The colours are Pillow's; alpha is dropped.
 */

import { BrokenImageError, type DecodedImage } from "./decoded-image.ts";

interface Header {
  readonly width: number;
  readonly height: number;
  readonly topDown: boolean;
  readonly bits: number;
  readonly pixelStart: number;
  /** Bits of red, green and blue; for 16 and 32 bits. */
  readonly masks: readonly [number, number, number];
  /** Blue, green, red and a spare byte per colour, or without the spare byte. */
  readonly palette: { readonly start: number; readonly entryBytes: 3 | 4; readonly length: number };
}

const compressions = { none: 0, bitFields: 3, alphaBitFields: 6 } as const;
const names = new Map([
  [1, "RLE8"],
  [2, "RLE4"],
  [4, "JPEG"],
  [5, "PNG"],
]);

/** Whether bytes begin as a BMP picture does. */
export function isBmp(bytes: Uint8Array): boolean {
  return bytes[0] === 0x42 && bytes[1] === 0x4d;
}

/**
 * Decodes a BMP picture to red, green, blue.
 *
 * @throws BrokenImageError for bytes that are cut short or in a form that is not read
 */
export function decodeBmp(bytes: Uint8Array, maxPixels: number): DecodedImage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { width, height, topDown, bits, pixelStart, masks, palette } = readHeader(view, maxPixels);
  const rowBytes = 4 * Math.ceil((width * bits) / 32);
  if (pixelStart + rowBytes * height > bytes.length)
    throw new BrokenImageError("its end is cut off");
  const scales = masks.map(scaleOf);
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = pixelStart + rowBytes * (topDown ? y : height - 1 - y);
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      if (bits <= 8) {
        const byte = bytes[row + ((x * bits) >> 3)]!;
        const index = (byte >> (8 - bits - ((x * bits) & 7))) & ((1 << bits) - 1);
        if (index >= palette.length)
          throw new BrokenImageError("a pixel has no colour in the palette");
        const color = palette.start + index * palette.entryBytes;
        for (let c = 0; c < 3; c++) data[at + c] = bytes[color + 2 - c]!;
      } else if (bits === 24) {
        for (let c = 0; c < 3; c++) data[at + c] = bytes[row + x * 3 + 2 - c]!;
      } else {
        const place = row + (x * bits) / 8;
        const pixel = bits === 16 ? view.getUint16(place, true) : view.getUint32(place, true);
        for (let c = 0; c < 3; c++) data[at + c] = scales[c]!(pixel);
      }
    }
  }
  return { data, width, height, channels: 3 };
}

function readHeader(view: DataView, maxPixels: number): Header {
  if (view.byteLength < 26) throw new BrokenImageError("its header is cut off");
  const pixelStart = view.getUint32(10, true);
  const headerBytes = view.getUint32(14, true);
  if (headerBytes !== 12 && (headerBytes < 40 || 14 + headerBytes > view.byteLength)) {
    throw new BrokenImageError(`it is a BMP with an unknown header of ${headerBytes} bytes`);
  }
  const old = headerBytes === 12;
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true);
  const rows = old ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = old ? 0 : view.getUint32(30, true);
  const colors = old ? 0 : view.getUint32(46, true);
  const height = Math.abs(rows);
  if (width <= 0 || height === 0) throw new BrokenImageError("it has no pixels");
  if (width * height > maxPixels)
    throw new BrokenImageError(`it has more than ${maxPixels} pixels`);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) {
    throw new BrokenImageError(`it is a BMP of ${bits} bits, which are not read`);
  }
  const hasFields =
    compression === compressions.bitFields || compression === compressions.alphaBitFields;
  if (compression !== compressions.none && !(hasFields && bits >= 16)) {
    const name = names.get(compression) ?? `method ${compression}`;
    throw new BrokenImageError(
      `it is a BMP compressed with ${name}, which is not read; save it as PNG`,
    );
  }
  // Bit fields follow the 40 bytes of the first header, within longer headers too.
  const fieldsEnd = hasFields && headerBytes === 40 ? (compression === 6 ? 16 : 12) : 0;
  if (hasFields && view.byteLength < 66) throw new BrokenImageError("its header is cut off");
  const start = 14 + headerBytes + fieldsEnd;
  const entryBytes = old ? 3 : 4;
  const length = bits > 8 ? 0 : colors === 0 ? 1 << bits : Math.min(colors, 1 << bits);
  if (start + length * entryBytes > view.byteLength) {
    throw new BrokenImageError("its palette is cut off");
  }
  const masks = hasFields
    ? ([54, 58, 62].map((at) => view.getUint32(at, true)) as unknown as Header["masks"])
    : bits === 16
      ? ([0x7c00, 0x3e0, 0x1f] as const)
      : ([0xff0000, 0xff00, 0xff] as const);
  const palette = { start, entryBytes, length } as const;
  return { width, height, topDown: rows < 0, bits, pixelStart, masks, palette };
}

/** Takes the bits of a mask and stretches them to 0..255. */
function scaleOf(mask: number): (pixel: number) => number {
  if (mask === 0) return () => 0;
  const shift = 31 - Math.clz32(mask & -mask);
  const highest = mask >>> shift;
  return (pixel) => Math.floor((((pixel & mask) >>> shift) * 255) / highest);
}
