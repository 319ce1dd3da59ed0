import type { Tensor } from "../../graph/graph.ts";
import { product } from "../../graph/shape.ts";
import { cast } from "../../ops/compare.ts";
import { onesLike } from "../../ops/gather.ts";
import { concat, split } from "../../ops/join.ts";
import { matmul } from "../../ops/matmul.ts";
import { reduceMax, reduceSum } from "../../ops/reduce.ts";
import { reshape, transpose } from "../../ops/reshape.ts";
import type { SoftRouting } from "../routing.ts";
import type { Dispatcher } from "./dropless.ts";

/**
 * Every expert receives slots, each a weighted mean of its group's tokens (Soft MoE,
 * arXiv:2308.00951, Sec. 2.1): slots `X~ = D^T X`, `Y = C f(X~)`, for each group.
 *
 * The rows of expert `e` are its slots group by group, `[G*P, D]`.
 */
export function softDispatcher(routing: SoftRouting): Dispatcher {
  const { numExperts, numSlots, dispatchWeights, combineWeights } = routing;
  const [numGroups, groupSize, totalSlots] = dispatchWeights.shape;
  const cut = (rows: Tensor): Tensor[] => split(rows, numExperts, 0); // E x [G*P, D]
  return {
    counts: slotsPerExpert(routing),
    dispatch: (x) => {
      const width = x.shape[1]!;
      const tokens = reshape(x, [numGroups!, groupSize!, width]); // [G, S, D]
      const slots = matmul(dispatchWeights, tokens, { transposeA: true }); // [G, E*P, D]
      const byExpert = transpose(
        reshape(slots, [numGroups!, numExperts, product([numSlots, width])]),
        [1, 0, 2],
      ); // [E, G, P*D]
      return cut(reshape(byExpert, [product([numExperts, numGroups!, numSlots]), width]));
    },
    join: (rows) => concat(rows),
    cut,
    combine: (results, transform = (rows) => rows) => {
      const rows = transform(concat(results)); // [E*G*P, D']
      const width = rows.shape[1]!;
      const byGroup = transpose(
        reshape(rows, [numExperts, numGroups!, product([numSlots, width])]),
        [1, 0, 2],
      ); // [G, E, P*D']
      const slots = reshape(byGroup, [numGroups!, totalSlots!, width]); // [G, E*P, D']
      const mixed = matmul(combineWeights, slots); // [G, S, D']
      return reshape(mixed, [product([numGroups!, groupSize!]), width]); // [N, D']
    },
  };
}

/** `G*P` for each expert, `[E]` int64. */
function slotsPerExpert({ numExperts, numSlots, dispatchWeights }: SoftRouting): Tensor {
  const slots = onesLike(reduceMax(dispatchWeights, 1)); // [G, E*P]
  const groups = reduceSum(cast(slots, "int64"), 0); // [E*P]
  return reduceSum(reshape(groups, [numExperts, numSlots]), 1);
}
