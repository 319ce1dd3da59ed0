/** The router z-loss, which keeps logits small. */

import * as z from "zod";
import type { Tensor } from "../../graph/graph.ts";
import { square } from "../../ops/arithmetic.ts";
import { logSumExp, reduceSum } from "../../ops/reduce.ts";
import { defineLoss } from "./define.ts";
import { keepTokens, overTokens, type TokenMask, tokenMean } from "./tokens.ts";

export interface ZLossOptions extends TokenMask {
  /**
   * `mean` over tokens (ST-MoE, Hugging Face's Switch, which also averages over groups) or `sum`.
   * Default `mean`.
   */
  readonly reduction?: "mean" | "sum";
}

/**
 * `mean over tokens of (log sum_e exp logit_e)^2` (ST-MoE, arXiv:2202.08906, equation 5), in
 * squared nats. Not the loss that Diff-MoE calls z-loss; that one is `meanSquareBalanceLoss`.
 *
 * @param logits `[N, E]`, without noise
 */
export function zLoss(logits: Tensor, { mask, reduction = "mean" }: ZLossOptions = {}): Tensor {
  const squares = square(logSumExp(logits, -1)); // [N]
  const sum = reduction === "sum";
  return overTokens(sum ? reduceSum(keepTokens(squares, mask)) : tokenMean(squares, mask), mask);
}

export const zLossDefinition = defineLoss({
  name: "z",
  description: "mean squared logarithm of the logits' sum of exponentials",
  paper: "ST-MoE, arXiv:2202.08906, eq. 5",
  needs: ["probabilities"],
  weight: 0.001,
  settings: {
    reduction: z
      .enum(["mean", "sum"])
      .default("mean")
      .describe("Whether the loss is the mean or the sum over tokens."),
  },
  compute: ({ logits }, options) => zLoss(logits, options),
  variants: [
    {
      title: "balance and z-loss",
      settings: { weight: 0.001 },
      beside: [{ name: "balance", weight: 0.02, choices: "mean" }],
    },
  ],
});
