/** Keys address independent random streams. A key is a plain value without state. */

import { threefry2x32 } from "./threefry.ts";

/** Two unsigned 32-bit words; serialisable to JSON and to workers. */
export interface Key {
  readonly k0: number;
  readonly k1: number;
}

/**
 * The second counter word separates the uses of a block, so that numbers drawn from a key never
 * repeat keys that are folded or split from it. Draws use values below the first of these.
 */
const domains = { number: 0x10000000, text: 0x20000000, split: 0x30000000 } as const;

/**
 * The key of a seed: the low 64 bits of an integer in two's complement.
 *
 * @throws RangeError if the seed is not a whole number up to 2^53
 *
 * @example
 * key(7) // { k0: 0, k1: 7 }
 */
export function key(seed: number | bigint): Key {
  if (typeof seed === "number" && !Number.isSafeInteger(seed)) {
    throw new RangeError(`seed must be an integer up to 2^53, got ${seed}; pass a bigint for more`);
  }
  const bits = BigInt.asUintN(64, BigInt(seed));
  return { k0: Number(bits >> 32n), k1: Number(bits & 0xffffffffn) };
}

/**
 * Derives a key from `parent` and an integer in [0, 2^53) or a string.
 *
 * @throws RangeError for other numbers
 */
export function foldIn(parent: Key, data: number | string): Key {
  if (typeof data === "string") return foldText(parent, data);
  if (!Number.isSafeInteger(data) || data < 0) {
    throw new RangeError(`foldIn takes an integer in [0, 2^53) or a string, got ${data}`);
  }
  return block(parent, data >>> 0, domains.number + Math.floor(data / 2 ** 32));
}

/** `count` independent keys; the first ones do not depend on `count`. */
export function split(parent: Key, count = 2): Key[] {
  return Array.from({ length: count }, (_, index) => block(parent, index, domains.split));
}

/** Chains the block function over the UTF-8 bytes of `text`, eight at a time, after its length. */
function foldText(parent: Key, text: string): Key {
  const bytes = new TextEncoder().encode(text);
  const padded = new DataView(new ArrayBuffer(Math.ceil(bytes.length / 8) * 8));
  for (let i = 0; i < bytes.length; i++) padded.setUint8(i, bytes[i]!);
  let folded = block(parent, bytes.length, domains.text);
  for (let at = 0; at < padded.byteLength; at += 8) {
    folded = block(folded, padded.getUint32(at, true), padded.getUint32(at + 4, true));
  }
  return folded;
}

function block(parent: Key, c0: number, c1: number): Key {
  const out = new Uint32Array(2);
  threefry2x32(parent.k0, parent.k1, c0, c1, out, 0);
  return { k0: out[0]!, k1: out[1]! };
}
