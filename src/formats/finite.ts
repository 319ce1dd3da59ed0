import type { NdArray } from "../graph/array.ts";

/**
 * What is wrong with the numbers of a tensor: how many are NaN or infinite, and the first.
 *
 * @returns undefined if all numbers are finite
 * @example
 * notFinite(array([1, Number.NaN, 3])); // "1 of 3 values are not finite, the first is NaN at 1"
 */
export function notFinite({ data }: NdArray): string | undefined {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return undefined;
  let count = 0;
  let first = -1;
  for (let at = 0; at < data.length; at++) {
    if (Number.isFinite(data[at])) continue;
    count++;
    if (first < 0) first = at;
  }
  if (count === 0) return undefined;
  return `${count} of ${data.length} values are not finite, the first is ${data[first]} at ${first}`;
}
