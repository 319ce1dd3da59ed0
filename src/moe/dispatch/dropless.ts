import type { Tensor } from "../../graph/graph.ts";
import { mul } from "../../ops/arithmetic.ts";
import {
  collectRows,
  dispatchRows,
  expertSizes,
  groupByExpert,
  splitByExpert,
  splitRowsByExpert,
} from "../../ops/group.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { reshape, unsqueeze } from "../../ops/reshape.ts";
import type { Routing } from "../routing.ts";

/** Moves tokens to their experts and results back. */
export interface Dispatcher {
  /** Rows of `x` `[N, D]` that each expert receives, `[n_e, D]`. */
  dispatch(x: Tensor): Tensor[];
  /**
   * Weighted sum of each token's results: `[n_e, D']` per expert to `[N, D']`; `transform` is applied
   * to the results in the order of assignments, `[T, D']`.
   */
  combine(results: readonly Tensor[], transform?: (rows: Tensor) => Tensor): Tensor;
  /** Cuts constants with one row per assignment, `[T, F]`, into `[n_e, F]` per expert. */
  splitRows(rows: Tensor): Tensor[];
  /** Assignments of each expert, `[E]` int64. */
  readonly counts: Tensor;
}

/**
 * Every token reaches all of its experts: nothing is dropped and nothing is padded (as in
 * MegaBlocks, arXiv:2211.15841, by gathers instead of block-sparse products).
 */
export function droplessDispatcher({ ids, combineWeights, numExperts }: Routing): Dispatcher {
  const numSelected = ids.shape[0] as number;
  const grouping = groupByExpert(reshape(ids, [-1]), numExperts); // T assignments
  const sizes = expertSizes(numExperts, grouping);
  const tokens = splitByExpert(grouping, sizes, numSelected); // E x [n_e]
  const assignments = splitByExpert(grouping, sizes); // E x [n_e]
  return {
    counts: grouping.counts,
    dispatch: (x) => dispatchRows(x, grouping, tokens),
    splitRows: (rows) => splitRowsByExpert(rows, grouping, sizes),
    combine: (results, transform = (rows) => rows) => {
      const width = results[0]!.shape[1]!;
      const rows = transform(collectRows(results, grouping, assignments)); // [T, D']
      const choices = reshape(rows, [numSelected, ids.shape[1]!, width]); // [K, N, D']
      return reduceSum(mul(choices, unsqueeze(combineWeights, -1)), 0); // [N, D']
    },
  };
}
