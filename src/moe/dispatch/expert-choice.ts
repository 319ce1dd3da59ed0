import { allocate } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { constant } from "../../graph/inputs.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { cast, greater } from "../../ops/compare.ts";
import { gather, onesLike, scatterRowsAdd, zerosLike } from "../../ops/gather.ts";
import { concat, split } from "../../ops/join.ts";
import { reduceMax, reduceSum } from "../../ops/reduce.ts";
import { reshape } from "../../ops/reshape.ts";
import type { ExpertChoice } from "../routing.ts";
import type { Dispatcher } from "./dropless.ts";

/**
 * Every expert receives the tokens that it chose (expert choice, arXiv:2202.09368, Sec. 3.2):
 * `y_n = sum over e that chose n of w_ne f_e(x_n)`.
 *
 * A token may be chosen by any number of experts; the output of a token without experts is zero.
 *
 * @param mask tokens that are not padding, `[N]` bool; padding in buffers is not counted
 */
export function expertChoiceDispatcher(
  choice: ExpertChoice,
  { mask }: { readonly mask?: Tensor | undefined } = {},
): Dispatcher {
  const { numExperts, tokenIds, combineWeights, probabilities } = choice;
  const flat = reshape(tokenIds, [-1]); // [E*C]
  const cut = (rows: Tensor): Tensor[] => split(rows, numExperts, 0); // E x [C, D]
  return {
    counts: reduceSum(mask === undefined ? onesLike(tokenIds) : taken(choice, mask), 1),
    dispatch: (x) => cut(gather(x, flat)),
    join: (rows) => concat(rows),
    cut,
    combine: (results, transform = (rows) => rows) => {
      const rows = mul(transform(concat(results)), reshape(combineWeights, [-1, 1])); // [E*C, D']
      return scatterRowsAdd(zeroRows(probabilities, rows), flat, rows); // [N, D']
    },
  };
}

/** 1 for each place with a token that is no padding and within the room of its group, `[E, C]` int64. */
function taken({ tokenIds, combineWeights }: ExpertChoice, mask: Tensor): Tensor {
  return mul(gather(cast(mask, "int64"), tokenIds), cast(greater(combineWeights, 0), "int64"));
}

/** Zeros with the rows of `tall` and the width of `wide`. */
function zeroRows(tall: Tensor, wide: Tensor): Tensor {
  const width = allocate("float32", [wide.shape[1] as number]);
  return add(zerosLike(reduceMax(tall, -1, { keepDims: true })), constant(tall.graph, width));
}
