/** Conversion of the 8 and 16-bit numbers of weight files to float32. */
import { bfloat16ToNumber } from "../graph/bfloat16.ts";

/** The value of one IEEE half-precision number (5 exponent bits, 10 fraction bits). */
export function float16ToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The value of one float8 E4M3 number (4 exponent bits, 3 fraction bits, no infinity), as in F8_E4M3. */
export function float8E4M3ToNumber(bits: number): number {
  const sign = bits & 0x80 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 3) & 0xf, bits & 7];
  if (exponent === 0xf && fraction === 7) return Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -9;
  return sign * (1 + fraction / 8) * 2 ** (exponent - 7);
}

/** The value of one float8 E5M2 number: the upper half of a float16. */
export function float8E5M2ToNumber(bits: number): number {
  return float16ToNumber(bits << 8);
}

/** The value of one float8 E8M0 number: a power of two, the scale of a block. */
export function float8E8M0ToNumber(bits: number): number {
  return bits === 0xff ? Number.NaN : 2 ** (bits - 127);
}

/** A number of one or two bytes, and its value. */
export interface NarrowType {
  readonly bytes: 1 | 2;
  readonly toNumber: (bits: number) => number;
  /** Widens many at once, little-endian. Default: one by one. */
  readonly widen?: (bytes: Uint8Array, result: Float32Array) => void;
}

/** The numbers that are widened to float32 on reading, by their names in safetensors. */
export const narrowTypes: ReadonlyMap<string, NarrowType> = new Map([
  ["F16", { bytes: 2, toNumber: float16ToNumber }],
  ["BF16", { bytes: 2, toNumber: bfloat16ToNumber, widen: widenBfloat16 }],
  ["F8_E4M3", { bytes: 1, toNumber: float8E4M3ToNumber }],
  ["F8_E5M2", { bytes: 1, toNumber: float8E5M2ToNumber }],
  ["F8_E8M0", { bytes: 1, toNumber: float8E8M0ToNumber }],
  ["I8", { bytes: 1, toNumber: (bits) => (bits << 24) >> 24 }],
]);

/**
 * Widens little-endian numbers to float32.
 *
 * @param result memory for them. Default: new memory
 */
export function widenToFloat32(
  bytes: Uint8Array,
  type: NarrowType,
  result: Float32Array = new Float32Array(new ArrayBuffer((4 * bytes.byteLength) / type.bytes)),
): Float32Array {
  const source = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.byteLength / type.bytes;
  const { toNumber, widen } = type;
  if (widen !== undefined) widen(bytes, result);
  else if (type.bytes === 1) for (let i = 0; i < count; i++) result[i] = toNumber(bytes[i]!);
  else for (let i = 0; i < count; i++) result[i] = toNumber(source.getUint16(2 * i, true));
  return result;
}

/** The bits are the upper half of those of float32. */
function widenBfloat16(bytes: Uint8Array, result: Float32Array): void {
  const count = bytes.byteLength / 2;
  const target = new Uint32Array(result.buffer, result.byteOffset, count);
  const even = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  const source = new Uint16Array(even.buffer, even.byteOffset, count);
  for (let i = 0; i < count; i++) target[i] = source[i]! << 16;
}
