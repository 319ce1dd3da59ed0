/**
 * Losses that bring the two parts of a pair together and push other parts away.
 *
 * Axes: `B` pairs, `P` width of the shared space. Row `i` of one side belongs to row `i` of the other;
 * rows have length one (`l2Normalize`).
 */
import type { Tensor } from "../graph/graph.ts";
import { softplus } from "../ops/activation.ts";
import { add, div, maximum, mul, neg, sub } from "../ops/arithmetic.ts";
import { cast, greaterOrEqual, where } from "../ops/compare.ts";
import { onesLike } from "../ops/gather.ts";
import { matmul } from "../ops/matmul.ts";
import { logSumExp, reduceMax, reduceMean, reduceSum } from "../ops/reduce.ts";

export interface PairLossOptions {
  /**
   * Pairs that do not count, `[B, B]` bool with an empty diagonal: those of rows with the same text, say,
   * which are no wrong pairs. See `repeatedRows`.
   */
  readonly ignore?: Tensor | undefined;
}

/**
 * Symmetric InfoNCE: the mean of both cross-entropies of `scale z tᵀ`, in which row `i` and column `i`
 * have the target `i` (CLIP, arXiv:2103.00020, figure 3).
 *
 * @param z `[B, P]`
 * @param t `[B, P]`
 * @param scale factor of the similarities, the inverse of a temperature
 * @returns a scalar
 */
export function infoNceLoss(
  z: Tensor,
  t: Tensor,
  scale: Tensor | number,
  { ignore }: PairLossOptions = {},
): Tensor {
  const all = mul(matmul(z, t, { transposeB: true }), scale); // [B, B]
  const logits = ignore === undefined ? all : where(ignore, HIDDEN, all);
  const own = mul(reduceSum(mul(z, t), 1), scale); // [B]
  const others = mul(add(logSumExp(logits, 1), logSumExp(logits, 0)), 0.5); // [B]
  return reduceMean(sub(others, own));
}

/** A logit that adds nothing to a sum of exponentials. */
const HIDDEN = -1e30;

/**
 * The sigmoid loss `-(1 / B) sum_ij log sigmoid(y_ij (scale z_i t_j + bias))`, `y_ij` being 1 for pairs
 * and -1 elsewhere (SigLIP, arXiv:2303.15343, section 3.2, which begins at scale 10 and bias -10).
 *
 * @param z `[B, P]`
 * @param t `[B, P]`
 * @returns a scalar
 */
export function sigmoidPairLoss(
  z: Tensor,
  t: Tensor,
  {
    scale,
    bias,
    ignore,
  }: PairLossOptions & { readonly scale: Tensor | number; readonly bias: Tensor | number },
): Tensor {
  const all = add(mul(matmul(z, t, { transposeB: true }), scale), bias); // [B, B]
  const logits = ignore === undefined ? all : where(ignore, HIDDEN, all);
  const own = add(mul(reduceSum(mul(z, t), 1), scale), bias); // [B]
  // -log sigmoid(-x) = softplus(x), and -log sigmoid(x) = softplus(x) - x.
  return reduceMean(sub(reduceSum(softplus(logits), 1), own));
}

/** `-mean_i z_i . t_i`, the negative mean cosine of pairs; `z` and `t` are `[B, P]`. */
export function alignmentLoss(z: Tensor, t: Tensor): Tensor {
  return neg(reduceMean(reduceSum(mul(z, t), 1)));
}

/**
 * Mean cosine of different rows, `(|sum_i z_i|^2 - B) / (B (B - 1))`: near 1 where embeddings have
 * collapsed to one direction; 0 for a single row.
 *
 * @param z `[B, P]`
 * @returns a scalar
 */
export function meanSimilarity(z: Tensor): Tensor {
  const total = reduceSum(z, 0); // [P]
  const norms = reduceSum(mul(z, z), 1); // [B], all one
  const count = reduceSum(onesLike(norms));
  const pairs = maximum(mul(count, sub(count, 1)), 1);
  return div(sub(reduceSum(mul(total, total)), reduceSum(norms)), pairs);
}

/** Fraction of the rows of `z` to which no other row of `t` is closer than their own. */
export function pairAccuracy(z: Tensor, t: Tensor): Tensor {
  const logits = matmul(z, t, { transposeB: true }); // [B, B]
  const own = reduceSum(mul(z, t), 1); // [B]
  // The sums of a product and of a reduction are not added up in one order.
  const slack = add(own, 1e-6);
  return reduceMean(cast(greaterOrEqual(slack, reduceMax(logits, 1)), "float32"));
}
