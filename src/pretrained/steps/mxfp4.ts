/** MXFP4, blocks of 32 numbers of 4 bits with one scale (OCP Microscaling Formats, version 1.0). */
import { allocate, type NdArray } from "../../graph/array.ts";
import { formatShape } from "../../graph/shape.ts";

/** Values of the four bits: a sign, two exponent bits and one of the fraction. */
const VALUES = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];

/**
 * The numbers of blocks; the lower half of a byte is the first of its two numbers.
 *
 * @param blocks `[..., G, 16]` uint8, two numbers a byte
 * @param scales `[..., G]` uint8, exponents of two with an offset of 127
 * @returns `[..., 32 G]` float32
 * @throws RangeError if the shapes do not match
 */
export function widenMxfp4(blocks: NdArray, scales: NdArray): NdArray<"float32"> {
  const shape = mxfp4Shape(blocks.shape, scales.shape);
  const result = allocate("float32", shape);
  const [bytes, exponents] = [blocks.data as Uint8Array, scales.data as Uint8Array];
  for (let group = 0; group < exponents.length; group++) {
    const scale = 2 ** (exponents[group]! - 127);
    for (let i = 0; i < 16; i++) {
      const byte = bytes[16 * group + i]!;
      result.data[32 * group + 2 * i] = VALUES[byte & 15]! * scale;
      result.data[32 * group + 2 * i + 1] = VALUES[byte >> 4]! * scale;
    }
  }
  return result;
}

/** The shape of the numbers. @throws RangeError if the shapes of blocks and scales do not match */
export function mxfp4Shape(blocks: readonly number[], scales: readonly number[]): number[] {
  if (blocks.at(-1) !== 16 || blocks.slice(0, -1).join() !== scales.join()) {
    throw new RangeError(
      `MXFP4 needs blocks [..., G, 16] and scales [..., G], got ${formatShape(blocks)} and ${formatShape(scales)}`,
    );
  }
  return [...scales.slice(0, -1), 32 * scales.at(-1)!];
}
