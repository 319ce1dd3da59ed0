/**
 * Pixels with the number of channels that a model reads: grey repeated three times, or colours as grey,
 * (299 R + 587 G + 114 B) / 1000 (ITU-R BT.601), rounded. Transparency, the last of 2 or 4 channels, is
 * dropped.
 *
 * @param data bytes by row, column, channel
 * @param from 1 grey, 2 grey and alpha, 3 RGB, 4 RGBA
 */
export function toChannels(data: Uint8Array, from: number, to: 1 | 3): Uint8Array {
  if (from === to) return data;
  const pixels = data.length / from;
  const out = new Uint8Array(pixels * to);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const at = pixel * from;
    const red = data[at]!;
    const green = from < 3 ? red : data[at + 1]!;
    const blue = from < 3 ? red : data[at + 2]!;
    if (to === 1) {
      out[pixel] = from < 3 ? red : Math.round((299 * red + 587 * green + 114 * blue) / 1000);
      continue;
    }
    out[pixel * 3] = red;
    out[pixel * 3 + 1] = green;
    out[pixel * 3 + 2] = blue;
  }
  return out;
}
