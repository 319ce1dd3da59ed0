/** Transparency of GIF pictures. */

/**
 * A copy of a GIF whose first frame has no transparent colour, so that its pixels keep the colour of
 * the palette, as in Pillow. Bytes that are no GIF or are cut short come back as they are.
 */
export function keepHiddenColors(bytes: Uint8Array): Uint8Array {
  const packed = bytes[10];
  if (packed === undefined) return bytes;
  let at = 13 + (packed & 0x80 ? 3 * 2 ** ((packed & 7) + 1) : 0);
  while (bytes[at] === 0x21) {
    if (bytes[at + 1] === 0xf9 && bytes[at + 2] === 4) {
      if (((bytes[at + 3] ?? 0) & 1) === 0) return bytes;
      const copy = new Uint8Array(bytes);
      copy[at + 3]! &= ~1;
      return copy;
    }
    // Other extensions are blocks, each with its length before it, and an empty one at the end.
    at += 2;
    while ((bytes[at] ?? 0) > 0) at += bytes[at]! + 1;
    at++;
  }
  return bytes;
}
