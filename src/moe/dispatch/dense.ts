import type { Tensor } from "../../graph/graph.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { cast, where } from "../../ops/compare.ts";
import { onesLike } from "../../ops/gather.ts";
import { concat, split } from "../../ops/join.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { unsqueeze } from "../../ops/reshape.ts";
import type { DenseRouting } from "../routing.ts";
import type { Dispatcher } from "./dropless.ts";

/**
 * Every expert receives every token (Jacobs et al. 1991): `y_n = sum over all e of w_ne f_e(x_n)`.
 *
 * The cost depends on the number of all experts, not on the number of selected ones.
 *
 * @param mask tokens that are not padding, `[N]` bool; the output of padding is zero
 */
export function denseDispatcher(
  { numExperts, combineWeights: given }: DenseRouting,
  { mask }: { readonly mask?: Tensor | undefined } = {},
): Dispatcher {
  const combineWeights = mask === undefined ? given : where(unsqueeze(mask, 1), given, 0); // [N, E]
  const present = onesLike(given); // [N, E]
  const counted = mask === undefined ? present : where(unsqueeze(mask, 1), present, 0);
  const cut = (rows: Tensor): Tensor[] => split(rows, numExperts, 0); // E x [N, D]
  return {
    counts: reduceSum(cast(counted, "int64"), 0),
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
