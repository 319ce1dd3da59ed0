/** Conversion of the 16-bit float formats of weight files to float32. */

const scratch = new Uint32Array(1);
const scratchFloat = new Float32Array(scratch.buffer);

/** The value of one IEEE half-precision number (5 exponent bits, 10 fraction bits). */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The value of one bfloat16 number: the upper half of a float32. */
export function bfloat16ToNumber(bits: number): number {
  scratch[0] = bits << 16;
  return scratchFloat[0]!;
}

/** Widens little-endian 16-bit floats to float32. */
export function widenToFloat32(
  bytes: Uint8Array,
  toNumber: (bits: number) => number,
): Float32Array {
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.byteLength >> 1;
  const result = new Float32Array(new ArrayBuffer(count * 4));
  for (let i = 0; i < count; i++) result[i] = toNumber(source.getUint16(2 * i, true));
  return result;
}
