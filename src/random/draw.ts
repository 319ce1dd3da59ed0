/** Random arrays as pure functions of a key. A shorter array is a prefix of a longer one. */

import type { Key } from "./key.ts";
import { stream } from "./stream.ts";
import { threefry2x32 } from "./threefry.ts";

/** Random 32-bit words: words 2i and 2i + 1 are block (i, 0). */
export function bits(key: Key, target: number | Uint32Array): Uint32Array {
  const out = typeof target === "number" ? new Uint32Array(target) : target;
  const even = out.length & ~1;
  for (let i = 0; i < even; i += 2) threefry2x32(key.k0, key.k1, i >>> 1, 0, out, i);
  if (even < out.length) {
    const last = new Uint32Array(2);
    threefry2x32(key.k0, key.k1, even >>> 1, 0, last, 0);
    out[even] = last[0]!;
  }
  return out;
}

/** Uniform numbers in [0, 1), multiples of 2^-24; fills `target` if it is an array. */
export function uniform(key: Key, target: number | Float32Array): Float32Array {
  const out = typeof target === "number" ? new Float32Array(target) : target;
  const words = bits(key, wordsOver(out));
  for (let i = 0; i < out.length; i++) out[i] = (words[i]! >>> 8) * 2 ** -24;
  return out;
}

/**
 * Standard normal numbers by the Box-Muller transform, magnitude at most 6.8.
 *
 * z0 = sqrt(-2 ln u0) cos(2 pi u1), z1 = sqrt(-2 ln u0) sin(2 pi u1), u = (word + 1/2) / 2^32.
 */
export function normal(key: Key, target: number | Float32Array): Float32Array {
  const out = typeof target === "number" ? new Float32Array(target) : target;
  const pair = new Uint32Array(2);
  for (let i = 0; i < out.length; i += 2) {
    threefry2x32(key.k0, key.k1, i >>> 1, 0, pair, 0);
    const radius = Math.sqrt(-2 * Math.log((pair[0]! + 0.5) * 2 ** -32));
    const angle = (pair[1]! + 0.5) * (2 * Math.PI * 2 ** -32);
    out[i] = radius * Math.cos(angle);
    if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}

/** Integers in [low, high), each equally likely; both bounds are 32-bit signed integers. */
export function integers(
  key: Key,
  target: number | Int32Array,
  low: number,
  high: number,
): Int32Array {
  const range = checkedRange(low, high);
  const out = typeof target === "number" ? new Int32Array(target) : target;
  const words = bits(key, wordsOver(out));
  const limit = 2 ** 32 - (2 ** 32 % range);
  const retry = new Uint32Array(2);
  for (let i = 0; i < out.length; i++) {
    let word = words[i]!;
    // Words at or above the limit would bias small results; entry i retries with blocks (i, 1), (i, 2), ...
    for (let attempt = 1; word >= limit; attempt++) {
      threefry2x32(key.k0, key.k1, i, attempt, retry, 0);
      word = retry[0]!;
    }
    out[i] = low + (word % range);
  }
  return out;
}

/** A uniformly random permutation of 0 to n - 1, by Fisher-Yates. */
export function permutation(key: Key, n: number): Uint32Array {
  const out = new Uint32Array(n);
  for (let i = 0; i < n; i++) out[i] = i;
  const draws = stream(key);
  for (let i = n - 1; i > 0; i--) {
    const j = draws.integer(0, i + 1);
    const swapped = out[i]!;
    out[i] = out[j]!;
    out[j] = swapped;
  }
  return out;
}

function checkedRange(low: number, high: number): number {
  if (low !== (low | 0) || high - 1 !== ((high - 1) | 0) || low >= high) {
    throw new RangeError(`integers need 32-bit bounds with low < high, got [${low}, ${high})`);
  }
  return high - low;
}

/** The bytes of `array` as 32-bit words, so that numbers are converted in place. */
function wordsOver(array: Float32Array | Int32Array): Uint32Array {
  return new Uint32Array(array.buffer, array.byteOffset, array.length);
}
