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
 * Which rows hold the same ids as another row: entry `i, j` is set where `i` and `j` differ and their
 * rows do not.
 *
 * Rows are compared by `sum_l r_l id_l` with fixed random 31-bit `r`, which two different rows share
 * with a chance below 2^-30; exact in int64 for ids below 2^20 and rows of up to 4096.
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

/** Which entries of `[B]` are equal, `[B, B]`. */
function samePairs(x: Tensor): Tensor {
  return equal(unsqueeze(x, 1), unsqueeze(x, 0));
}
