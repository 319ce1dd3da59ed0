/** Conversion between float32 and bfloat16, its upper half. */

const scratch = new Uint32Array(1);
const scratchFloat = new Float32Array(scratch.buffer);

/** The value of one bfloat16 number. */
export function bfloat16ToNumber(bits: number): number {
  scratch[0] = bits << 16;
  return scratchFloat[0]!;
}

/**
 * The nearest bfloat16 number, ties to even, as its 16 bits.
 *
 * @example
 * bfloat16ToNumber(numberToBfloat16(1.005)); // 1.0078125
 */
export function numberToBfloat16(value: number): number {
  scratchFloat[0] = value;
  return roundBits(scratch[0]!);
}

/** The nearest bfloat16 numbers of an array, as their bits. */
export function toBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const rounded = new Uint16Array(new ArrayBuffer(2 * values.length));
  for (let i = 0; i < bits.length; i++) rounded[i] = roundBits(bits[i]!);
  return rounded;
}

/** Adding just below half of the last kept bit, and that bit itself, carries if the rest is larger. */
function roundBits(bits: number): number {
  if ((bits & 0x7fffffff) > 0x7f800000) return (bits >>> 16) | 0x40; // NaN stays NaN.
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}
