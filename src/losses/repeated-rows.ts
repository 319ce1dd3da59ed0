import { allocate } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { mul } from "../ops/arithmetic.ts";
import { equal, logicalAnd, logicalNot } from "../ops/compare.ts";
import { onesLike } from "../ops/gather.ts";
import { reduceSum } from "../ops/reduce.ts";
import { unsqueeze } from "../ops/reshape.ts";
import { cumulativeSum } from "../ops/scan.ts";
import { bits, foldIn, key } from "../random/index.ts";

/**
 * Marks pairs of equal rows: entry `i, j` is true if `i != j` and rows `i` and `j` are equal.
 *
 * Rows are compared by the hash `sum_l r_l id_l` with fixed random 31-bit `r`; two different rows
 * collide with probability below 2^-30. Exact in int64 for ids below 2^20 and up to 4096 columns.
 *
 * @param ids `[B, L]` int64
 * @returns `[B, B]` bool
 */
export function repeatedRows(ids: Tensor): Tensor {
  const length = ids.shape[1] as number;
  const factors = allocate("int64", [length]);
  bits(foldIn(key(0), "repeated rows"), length).forEach((word, l) => {
    factors.data[l] = BigInt(word >>> 1);
  });
  const sums = reduceSum(mul(ids, constant(ids.graph, factors)), 1); // [B]
  const places = cumulativeSum(onesLike(sums)); // [B], 1 to B
  return logicalAnd(samePairs(sums), logicalNot(samePairs(places)));
}

/** Pairwise equality of the entries of `[B]`, `[B, B]`. */
function samePairs(x: Tensor): Tensor {
  return equal(unsqueeze(x, 1), unsqueeze(x, 0));
}
