import type { Tensor } from "../../graph/graph.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { cast } from "../../ops/compare.ts";
import { onesLike } from "../../ops/gather.ts";
import { concat, split } from "../../ops/join.ts";
import { reduceSum } from "../../ops/reduce.ts";
import type { DenseRouting } from "../routing.ts";
import type { Dispatcher } from "./dropless.ts";

/**
 * Every expert receives every token (Jacobs et al. 1991): `y_n = sum over all e of w_ne f_e(x_n)`.
 *
 * The cost follows the number of experts, not that of the selected ones.
 */
export function denseDispatcher({ numExperts, combineWeights }: DenseRouting): Dispatcher {
  const cut = (rows: Tensor): Tensor[] => split(rows, numExperts, 0); // E x [N, D]
  return {
    counts: reduceSum(cast(onesLike(combineWeights), "int64"), 0),
    dispatch: (x) => Array.from({ length: numExperts }, () => x),
    join: (rows) => concat(rows),
    cut,
    combine: (results, transform) => {
      const rows = transform === undefined ? results : cut(transform(concat(results)));
      const weights = split(combineWeights, numExperts, 1); // E x [N, 1]
      return rows.map((own, e) => mul(own, weights[e]!)).reduce((sum, own) => add(sum, own));
    },
  };
}
