/** Seeded random numbers, and changes to bytes that break files as disks, networks and attackers do. */

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export type Random = () => number;

export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const below = (random: Random, count: number): number => Math.floor(random() * count);

/** Numbers that break lengths, offsets and counts. */
const numbers = ["-1", "0", "1e308", "-1e-400", "9007199254740993", "4294967296", "NaN", "1e999"];
/** Pieces that break parsers of text. */
const pieces = [
  "[".repeat(20_000),
  '{"a":'.repeat(5_000),
  "\u0000",
  "\r".repeat(5_000),
  '"',
  "\\",
  "&a [*a, *a]\n",
  "<<: *a\n",
  "x".repeat(100_000),
  "\ufeff",
  "__proto__",
  "null",
];

type Mutation = (bytes: Buffer, random: Random) => Buffer;

const at = (bytes: Buffer, random: Random): number => below(random, bytes.length + 1);
const splice = (bytes: Buffer, from: number, to: number, piece: Buffer): Buffer =>
  Buffer.concat([bytes.subarray(0, from), piece, bytes.subarray(to)]);

const mutations: readonly Mutation[] = [
  // A few bits or bytes.
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    for (let i = 0; i <= below(random, 8) && copy.length > 0; i++) {
      copy[below(random, copy.length)]! ^= 1 << below(random, 8);
    }
    return copy;
  },
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    for (let i = 0; i <= below(random, 4) && copy.length > 0; i++) {
      copy[below(random, copy.length)] = below(random, 256);
    }
    return copy;
  },
  // Cut, emptied, zeroed, repeated, moved.
  (bytes, random) => bytes.subarray(0, at(bytes, random)),
  (bytes, random) => bytes.subarray(at(bytes, random)),
  () => Buffer.alloc(0),
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    const start = at(copy, random);
    return copy.fill(0, start, Math.min(copy.length, start + 512));
  },
  (bytes, random) => {
    const [a, b] = [at(bytes, random), at(bytes, random)].sort((x, y) => x - y) as [number, number];
    return splice(bytes, b, b, bytes.subarray(a, b));
  },
  (bytes, random) => {
    const [a, b] = [at(bytes, random), at(bytes, random)];
    return splice(bytes, a, a, bytes.subarray(b, b + 64));
  },
  // Numbers of 32 and 64 bits, as lengths in binary formats.
  (bytes, random) => {
    const copy = Buffer.from(bytes);
    if (copy.length < 8) return copy;
    const place = below(random, Math.min(copy.length - 7, 256));
    copy.writeBigUInt64LE(BigInt.asUintN(64, BigInt(below(random, 3) - 1) << 31n), place);
    return copy;
  },
  // Numbers and pieces of text.
  (bytes, random) => {
    const text = bytes.toString("latin1");
    const found = [...text.matchAll(/-?\d+(?:\.\d+)?/g)];
    if (found.length === 0) return bytes;
    const match = found[below(random, found.length)]!;
    const number = numbers[below(random, numbers.length)]!;
    return splice(bytes, match.index, match.index + match[0].length, Buffer.from(number));
  },
  (bytes, random) => {
    const place = at(bytes, random);
    return splice(bytes, place, place, Buffer.from(pieces[below(random, pieces.length)]!));
  },
  // Lines and fields out of order.
  (bytes, random) => {
    const lines = bytes.toString("latin1").split("\n");
    const [a, b] = [below(random, lines.length), below(random, lines.length)];
    [lines[a], lines[b]] = [lines[b]!, lines[a]!];
    return Buffer.from(lines.join("\n"), "latin1");
  },
];

/** A file with one to three changes; the same for the same random numbers. */
export function mutate(bytes: Buffer, random: Random): Buffer {
  let changed = bytes;
  for (let i = 0; i <= below(random, 3); i++) {
    changed = mutations[below(random, mutations.length)]!(changed, random);
  }
  return changed;
}
