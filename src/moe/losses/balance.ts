/** Balance losses from the product of each expert's share of choices and its mean probability. */

import * as z from "zod";
import type { Tensor } from "../../graph/graph.ts";
import { mul } from "../../ops/arithmetic.ts";
import { slice } from "../../ops/join.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { softmax } from "../../ops/softmax.ts";
import { defineLoss } from "./define.ts";
import { groupMean, groupSettings, overGroups, type TokenGroups } from "./groups.ts";
import { chosenExperts } from "./tokens.ts";

/**
 * Choices counted in `f`, and the value of perfectly balanced routing:
 * `first` only the top expert of each token, 1 (GShard, Switch, V-MoE, Tutel, fairseq);
 * `sum` all `K` slots added, `K` (Hugging Face's Mixtral and Qwen);
 * `mean` all `K` slots averaged, 1 (MegaBlocks, OLMoE, DeepSeek).
 */
export type BalancedChoices = "first" | "sum" | "mean";

export interface BalanceLossOptions extends TokenGroups {
  /** Default `first`. */
  readonly choices?: BalancedChoices;
}

/**
 * `E sum_e f_e P_e`, with `f_e` the fraction of tokens that chose expert `e` and `P_e` its mean
 * probability, both over the tokens that the mask keeps, of the batch or of each sequence. The gradient flows through `P` alone.
 *
 * With `choices: "first"` this is the loss of GShard (arXiv:2006.16668, algorithm 1; there without
 * the factor `E`, as a mean over experts) and of Switch (arXiv:2101.03961, equations 4 to 6). With
 * `choices: "sum"` it is Hugging Face's `load_balancing_loss_func`, attention mask included; for
 * Hugging Face's value over a model, join the tokens of all layers along `N` first.
 *
 * @param probabilities `[N, E]`
 * @param ids experts chosen before any is dropped, best first, `[K, N]` int64
 */
export function balanceLoss(
  probabilities: Tensor,
  ids: Tensor,
  options: BalanceLossOptions = {},
): Tensor {
  const { choices = "first" } = options;
  const numExperts = probabilities.shape[1] as number;
  const numSelected = ids.shape[0] as number;
  const counted = choices === "first" ? slice(ids, 0, 0, 1) : ids;
  const fractions = groupMean(chosenExperts(counted, numExperts), options); // [E] or [B, E]
  const means = groupMean(probabilities, options);
  const scale = choices === "mean" ? numExperts / numSelected : numExperts;
  return overGroups(mul(reduceSum(mul(fractions, means), -1), scale), options);
}

/** `balanceLoss` as in Hugging Face: the `K` slots added, `K` if balanced. */
export function huggingFaceBalanceLoss(
  probabilities: Tensor,
  ids: Tensor,
  options: TokenGroups = {},
): Tensor {
  return balanceLoss(probabilities, ids, { ...options, choices: "sum" });
}

export const balance = defineLoss({
  name: "balance",
  description: "fraction of choices times mean probability, 1 if balanced",
  paper: "GShard, arXiv:2006.16668, alg. 1; Switch, arXiv:2101.03961, eq. 4-6",
  needs: ["choices"],
  weight: 0.01,
  settings: {
    choices: z
      .enum(["first", "sum", "mean"])
      .default("first")
      .describe("Which choices are counted: the first, or all, added or averaged."),
    noisy: z
      .boolean()
      .default(false)
      .describe("Whether the probabilities are the softmax of the noisy logits, as in V-MoE."),
    ...groupSettings,
  },
  compute: ({ probabilities, noisyLogits, ids }, { noisy = false, ...options }) => {
    const drawn = noisy && noisyLogits !== undefined;
    return balanceLoss(drawn ? softmax(noisyLogits) : probabilities, ids, options);
  },
  variants: [
    {
      id: "balance_first",
      title: "balance, first choices (GShard)",
      settings: { weight: 0.02 },
    },
  ],
});

export const huggingFaceBalance = defineLoss({
  name: "hugging_face_balance",
  description: "balance with all K choices added, K if balanced",
  paper: "Hugging Face Transformers, load_balancing_loss_func (Mixtral)",
  needs: ["choices"],
  weight: 0.001,
  settings: groupSettings,
  compute: ({ probabilities, ids }, options) => huggingFaceBalanceLoss(probabilities, ids, options),
  variants: [
    {
      id: "hugging_face",
      title: "balance, choices added (Hugging Face)",
      settings: { weight: 0.01 },
    },
  ],
});
