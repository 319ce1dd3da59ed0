import type { Tensor } from "../../graph/graph.ts";
import { mul } from "../../ops/arithmetic.ts";
import {
  collectRows,
  cutRows,
  dispatchRows,
  expertSizes,
  groupByExpert,
  joinRows,
  regroupRows,
} from "../../ops/group.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { reshape, unsqueeze } from "../../ops/reshape.ts";
import type { Routing } from "../routing.ts";

/** Moves tokens to their experts and the results back. */
export interface Dispatcher {
  /** Rows of `x` `[N, D]` for each expert, `[n_e, D]`. */
  dispatch(x: Tensor): Tensor[];
  /**
   * Weighted sum of each token's results: `[n_e, D']` per expert to `[N, D']`; `transform` is applied
   * to the results in the order of assignments, `[T, D']`.
   */
  combine(results: readonly Tensor[], transform?: (rows: Tensor) => Tensor): Tensor;
  /** The experts' rows as one tensor `[T, F]`, for computations that do not depend on the expert. */
  join(rows: readonly Tensor[]): Tensor;
  /** The inverse of `join`. */
  cut(rows: Tensor): Tensor[];
  /** Assignments of each expert, `[E]` int64. */
  readonly counts: Tensor;
}

/**
 * Every token reaches all of its experts: nothing is padded, and only assignments without
 * an expert are dropped (as in MegaBlocks, arXiv:2211.15841, with gathers instead of block-sparse
 * products).
 */
export function droplessDispatcher(routing: Routing): Dispatcher {
  const { ids, combineWeights, numExperts, mayDrop = false } = routing;
  const [numSelected, numTokens] = ids.shape;
  const grouping = groupByExpert(reshape(ids, [-1]), numExperts, { mayDrop }); // T assignments
  const sizes = expertSizes(numExperts, grouping);
  return {
    counts: grouping.counts,
    dispatch: (x) => dispatchRows(x, grouping, sizes),
    // Random tensors need a size that is known before the run; the number of placed assignments is not.
    join: (rows) => (mayDrop ? collectRows(rows, grouping) : joinRows(rows, grouping)),
    cut: (rows) => (mayDrop ? regroupRows(rows, grouping, sizes) : cutRows(rows, grouping, sizes)),
    combine: (results, transform = (rows) => rows) => {
      const width = results[0]!.shape[1]!;
      const rows = transform(collectRows(results, grouping)); // [T, D']
      const choices = reshape(rows, [numSelected!, numTokens!, width]); // [K, N, D']
      return reduceSum(mul(choices, unsqueeze(combineWeights, -1)), 0); // [N, D']
    },
  };
}
