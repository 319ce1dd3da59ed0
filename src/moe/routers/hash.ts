import * as z from "zod";
import { allocate, type NdArray } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { constant } from "../../graph/inputs.ts";
import { divideDim, product } from "../../graph/shape.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { cast } from "../../ops/compare.ts";
import { gather, onesLike, zerosLike } from "../../ops/gather.ts";
import { slice } from "../../ops/join.ts";
import { oneHot } from "../../ops/one-hot.ts";
import { reduceMean } from "../../ops/reduce.ts";
import { reshape, transpose } from "../../ops/reshape.ts";
import { type Routing, requireSelectable } from "../routing.ts";
import { defineRouter } from "./define.ts";
import { count } from "./settings.ts";

export interface HashTableOptions {
  readonly numExperts: number;
  /** Default 1. */
  readonly numSelectedExperts?: number;
  /** `modulo`: expert `key mod E`, then the following ones; `random` (default): a fixed random map. */
  readonly map?: "modulo" | "random";
  /** Seed of the random map. Default 0. */
  readonly seed?: number;
}

/**
 * The experts of every key, `[numKeys, K]` int64; the `K` experts of a key differ.
 *
 * @param numKeys size of the vocabulary, or tokens per sample for positions
 */
export function hashTable(numKeys: number, options: HashTableOptions): NdArray<"int64"> {
  const { numExperts, numSelectedExperts = 1, map = "random", seed = 0 } = options;
  requireSelectable(numSelectedExperts, numExperts);
  const table = allocate("int64", [numKeys, numSelectedExperts]);
  for (let token = 0; token < numKeys; token++) {
    const experts = Array.from({ length: numExperts }, (_, e) => (e + token) % numExperts);
    for (let k = 0; k < numSelectedExperts; k++) {
      if (map === "random") {
        const other = k + (mix(token, k, seed) % (numExperts - k));
        [experts[k], experts[other]] = [experts[other]!, experts[k]!];
      }
      table.data[token * numSelectedExperts + k] = BigInt(experts[k]!);
    }
  }
  return table;
}

/**
 * The balanced map of the paper: keys in order of decreasing frequency, each to the expert with
 * the smallest total so far; `[numKeys, 1]` int64. Ties go to the lower index.
 *
 * @param frequencies number of occurrences of each key
 */
export function balancedHashTable(
  frequencies: ArrayLike<number>,
  numExperts: number,
): NdArray<"int64"> {
  const table = allocate("int64", [frequencies.length, 1]);
  const order = Array.from(frequencies, (_, token) => token).sort(
    (a, b) => frequencies[b]! - frequencies[a]! || a - b,
  );
  const loads = new Array<number>(numExperts).fill(0);
  for (const token of order) {
    const expert = loads.indexOf(Math.min(...loads));
    table.data[token] = BigInt(expert);
    loads[expert]! += frequencies[token]!;
  }
  return table;
}

/**
 * Routes by a fixed table, without parameters (Hash Layers, arXiv:2106.04426, section 3).
 *
 * Every chosen expert has the weight `1/K`; `probabilities` holds these and `logits` zeros.
 *
 * @param keys ids of words, or positions, `[N]` int64
 * @param table `[numKeys, K]`, see {@link hashTable}
 */
export function hashRouting(keys: Tensor, table: NdArray<"int64">, numExperts: number): Routing {
  const numSelectedExperts = table.shape[1]!;
  const ids = transpose(gather(constant(keys.graph, table), keys)); // [K, N]
  const probabilities = reduceMean(oneHot(ids, numExperts), 0); // [N, E]
  const combineWeights = mul(onesLike(cast(ids, "float32")), 1 / numSelectedExperts); // [K, N]
  const logits = zerosLike(probabilities);
  return { numExperts, numSelectedExperts, ids, combineWeights, probabilities, logits };
}

/**
 * The position of each token in its sample, `[N]` int64, as key for image patches.
 *
 * @param x `[N, D]` with `N = B numTokens`
 */
export function tokenPositions(x: Tensor, numTokens: number): Tensor {
  const batch = divideDim(x.shape[0]!, numTokens);
  const column = reshape(slice(x, 1, 0, 1), [batch, numTokens]); // [B, S]
  const positions = allocate("int64", [1, numTokens]);
  for (let s = 0; s < numTokens; s++) positions.data[s] = BigInt(s);
  const spread = add(cast(zerosLike(column), "int64"), constant(x.graph, positions)); // [B, S]
  return reshape(spread, [product([batch, numTokens])]);
}

/** A hash of three integers, 32 bits (the finaliser of MurmurHash3 over a combination). */
function mix(a: number, b: number, c: number): number {
  let h =
    Math.imul(a + 1, 0x9e3779b1) ^ Math.imul(b + 1, 0x85ebca77) ^ Math.imul(c + 1, 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export const hash = defineRouter({
  name: "hash",
  kind: "token-choice",
  paper: "arXiv:2106.04426",
  description: "A fixed map from word ids or positions to experts, without parameters.",
  decides: "nobody",
  settings: {
    num_selected_experts: count.default(1).describe("Experts per token."),
    key: z
      .enum(["word", "position"])
      .default("word")
      .describe("The key: ids of words, or positions in the sequence."),
    map: z
      .enum(["random", "modulo"])
      .default("random")
      .describe("Whether the map to experts is random, or the remainder of a division."),
    seed: z.int().nonnegative().default(0).describe("Seed of the random map."),
  },
  selects: ({ numSelectedExperts }) => numSelectedExperts,
  gives: [],
  tensors: {},
  requires: ({ key }) =>
    key === "word"
      ? { words: "choose router.key position" }
      : { sequences: true, positions: "choose router.key word" },
  route: (_, x, settings, { numExperts, numSelectedExperts, ids, vocabularySize, numTokens }) => {
    const words = settings.key === "word";
    if (words && ids === undefined) {
      throw new RangeError("the router hash needs the ids of words, which were not given");
    }
    const keys = words ? ids! : tokenPositions(x, numTokens!);
    const numKeys = words ? vocabularySize! : numTokens!;
    const table = hashTable(numKeys, { ...settings, numExperts, numSelectedExperts });
    return hashRouting(keys, table, numExperts);
  },
  examples: {
    picture: { settings: { key: "position", num_selected_experts: 2 } },
    variants: [
      {
        title: "hash by position, 2 experts",
        settings: { key: "position", map: "modulo", num_selected_experts: 2 },
        balanced: true,
      },
    ],
    forms: [{ title: "by position", settings: { key: "position" }, weightSum: 1 }],
  },
});
