/** DeepSeek's balance loss within each sequence. */

import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import { divideDim } from "../../graph/shape.ts";
import { meanOver } from "../../losses/mean-over.ts";
import { div, maximum, mul } from "../../ops/arithmetic.ts";
import { cast, greater } from "../../ops/compare.ts";
import { reduceMean, reduceSum } from "../../ops/reduce.ts";
import { reshape } from "../../ops/reshape.ts";
import { defineLoss } from "./define.ts";
import { chosenExperts, keepTokens, type TokenMask } from "./tokens.ts";

export interface SequenceBalanceLossOptions extends TokenMask {
  /** `S`, tokens per sequence; consecutive tokens form a sequence. */
  readonly numTokens: number;
}

/** Lower bound of sums of scores: sigmoids that are all zero in float32 have no normalised values. */
const TINY = 1e-12;

/**
 * `sum_e f_e P_e` within each sequence, averaged over sequences, with
 * `f_e = E/(K S) * (tokens that chose e)` and `P_e = mean over tokens of s_e / sum s`
 * (DeepSeek-V3, arXiv:2412.19437, equations 17 to 20): 1 if balanced. `S` is the number of tokens
 * that the mask keeps in the sequence; sequences without tokens are excluded from the average.
 *
 * @param scores positive affinities (sigmoid or softmax), without selection bias, `[N, E]`
 * @param ids `[K, N]` int64
 */
export function sequenceBalanceLoss(
  scores: Tensor,
  ids: Tensor,
  { numTokens, mask }: SequenceBalanceLossOptions,
): Tensor {
  const [rows, numExperts] = [scores.shape[0]!, scores.shape[1] as number];
  const numSelected = ids.shape[0] as number;
  const perSequence = [divideDim(rows, numTokens), numTokens, numExperts]; // B, S, E
  const bySequence = (x: Tensor): Tensor => reduceSum(reshape(keepTokens(x, mask), perSequence), 1); // [B, E]
  const chosen = bySequence(chosenExperts(ids, numExperts));
  const sums = maximum(reduceSum(scores, -1, { keepDims: true }), TINY); // [N, 1]
  const shares = bySequence(div(scores, sums));
  const products = reduceSum(mul(chosen, shares), -1); // [B]
  const scale = numExperts / numSelected;
  if (mask === undefined) return mul(reduceMean(products), scale / numTokens ** 2);
  const kept = reduceSum(reshape(cast(mask, "float32"), perSequence.slice(0, 2)), 1); // [B]
  const losses = div(products, maximum(mul(kept, kept), 1)); // [B]
  const present = reduceSum(cast(greater(kept, 0), "float32"));
  return meanOver(div(mul(reduceSum(losses), scale), maximum(present, 1)), present);
}

export const sequenceBalance = defineLoss({
  name: "sequence_balance",
  description: "balance within each sequence, 1 if balanced; needs num_tokens",
  paper: "DeepSeek-V3, arXiv:2412.19437, eq. 17-20",
  needs: ["choices"],
  sequences: true,
  weight: 0.0001,
  settings: {},
  compute: ({ probabilities, ids }, { numTokens, ...options }) => {
    if (numTokens === undefined) {
      throw usageError(
        "the loss sequence_balance needs num_tokens, the number of tokens per sequence",
      );
    }
    return sequenceBalanceLoss(probabilities, ids, { ...options, numTokens });
  },
  variants: [
    {
      id: "sequence",
      title: "balance within sequences (DeepSeek)",
      settings: { weight: 0.02 },
    },
  ],
});
