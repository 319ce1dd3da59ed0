/** Sequential random numbers, for code that draws a few scalars of different kinds. */

import type { Key } from "./key.ts";
import { threefry2x32 } from "./threefry.ts";

/** A sequence of random numbers from a key: equal keys give equal sequences. */
export interface Stream {
  /** A number in [low, high), by default [0, 1), with 32 random bits. */
  uniform(low?: number, high?: number): number;
  /** A uniform integer in [low, high); the range is at most 2^32. */
  integer(low: number, high: number): number;
  /** A standard normal number, by the Box-Muller transform. */
  normal(): number;
  /** A uniform choice from a non-empty list. */
  choice<T>(list: readonly T[]): T;
}

/**
 * Reads the words of `key` in the order of `bits(key, n)`.
 *
 * @throws RangeError, from `integer`, for invalid bounds
 *
 * @example
 * stream(key(0)).uniform() === stream(key(0)).uniform() // true
 */
export function stream(key: Key): Stream {
  const { k0, k1 } = key;
  const buffer = new Uint32Array(2);
  let next = 0;

  const word = (): number => {
    if ((next & 1) === 0) threefry2x32(k0, k1, next >>> 1, 0, buffer, 0);
    return buffer[next++ & 1]!;
  };

  const integer = (low: number, high: number): number => {
    const range = high - low;
    if (!(Number.isInteger(low) && Number.isInteger(range) && range > 0 && range <= 2 ** 32)) {
      throw new RangeError(`integer needs whole bounds with low < high, got [${low}, ${high})`);
    }
    const limit = 2 ** 32 - (2 ** 32 % range);
    let drawn = word();
    while (drawn >= limit) drawn = word();
    return low + (drawn % range);
  };

  return {
    uniform: (low = 0, high = 1) => low + (high - low) * word() * 2 ** -32,
    integer,
    normal: () => {
      const radius = Math.sqrt(-2 * Math.log((word() + 0.5) * 2 ** -32));
      return radius * Math.cos(word() * (2 * Math.PI * 2 ** -32));
    },
    choice: (list) => list[integer(0, list.length)]!,
  };
}
