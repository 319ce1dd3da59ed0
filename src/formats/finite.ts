import type { NdArray } from "../graph/array.ts";
import { bfloat16ToNumber } from "../graph/bfloat16.ts";

/** The exponent of bfloat16 numbers that are infinite or NaN. */
const INFINITE = 0x7f80;

/**
 * What is wrong with the numbers of a tensor: how many are NaN or infinite, and the first.
 *
 * @returns undefined if all numbers are finite
 * @example
 * notFinite(array([1, Number.NaN, 3])); // "1 of 3 values are not finite, the first is NaN at 1"
 */
export function notFinite({ dtype, data }: NdArray): string | undefined {
  const narrow = dtype === "bfloat16";
  if (!(data instanceof Float32Array || data instanceof Float64Array || narrow)) return undefined;
  let count = 0;
  let first = -1;
  for (let at = 0; at < data.length; at++) {
    const value = data[at] as number;
    if (narrow ? (value & INFINITE) !== INFINITE : Number.isFinite(value)) continue;
    count++;
    if (first < 0) first = at;
  }
  if (count === 0) return undefined;
  const value = narrow ? bfloat16ToNumber(data[first] as number) : data[first];
  return `${count} of ${data.length} values are not finite, the first is ${value} at ${first}`;
}
