/**
 * Counter-based randomness: every stream is addressed by a key, without hidden state.
 *
 * @example
 * const noise = normal(foldIn(foldIn(key(0), "noise"), 12), 4); // the same four numbers every time
 */

export { bits, integers, normal, permutation, uniform } from "./draw.ts";
export { foldIn, type Key, key, split } from "./key.ts";
export { type Stream, stream } from "./stream.ts";
