/** The router z-loss: logits should stay small. */
import type { Tensor } from "../../graph/graph.ts";
import { square } from "../../ops/arithmetic.ts";
import { logSumExp, reduceSum } from "../../ops/reduce.ts";
import { keepTokens, type TokenMask, tokenMean } from "./tokens.ts";

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
  return reduction === "mean" ? tokenMean(squares, mask) : reduceSum(keepTokens(squares, mask));
}
