/** The two balance losses of Diff-MoE (github.com/yaolidong/diff-MoE, commit 4d2c44e). */

import type { Tensor } from "../../graph/graph.ts";
import { square } from "../../ops/arithmetic.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { defineLoss } from "./define.ts";
import { groupMean, groupSettings, overGroups, type TokenGroups } from "./groups.ts";

export { uniformKlLoss } from "./kl.ts";

/**
 * Sum of squares of the mean routing probabilities, `sum_e m_e^2` with `m = mean over tokens of p`:
 * 1/E if balanced, 1 if one expert receives everything. The original calls it z-loss; it is not the
 * z-loss of ST-MoE.
 *
 * @param probabilities `[N, E]`
 */
export function meanSquareBalanceLoss(probabilities: Tensor, options: TokenGroups = {}): Tensor {
  return overGroups(reduceSum(square(groupMean(probabilities, options)), -1), options);
}

export const meanSquareBalance = defineLoss({
  name: "mean_square_balance",
  description: "sum of squares of the mean routing, 1/E if balanced",
  paper: "Diff-MoE, github.com/yaolidong/diff-MoE, commit 4d2c44e",
  needs: ["probabilities"],
  weight: 0.001,
  settings: groupSettings,
  compute: ({ probabilities }, options) => meanSquareBalanceLoss(probabilities, options),
  variants: [{ id: "mean_square", title: "mean square (Diff-MoE)", settings: { weight: 0.8 } }],
});
