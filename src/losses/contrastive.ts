/**
 * Contrastive losses: they attract the two embeddings of a pair and repel all others.
 *
 * Axes: `B` pairs, `P` width of the shared space. Row `i` of `z` and row `i` of `t` are a pair; rows
 * have unit length (`l2Normalize`).
 */
import type { Tensor } from "../graph/graph.ts";
import { softplus } from "../ops/activation.ts";
import { add, div, maximum, mul, neg, sub } from "../ops/arithmetic.ts";
import { cast, greaterOrEqual, where } from "../ops/compare.ts";
import { onesLike } from "../ops/gather.ts";
import { matmul } from "../ops/matmul.ts";
import { logSumExp, reduceMax, reduceMean, reduceSum } from "../ops/reduce.ts";
import { unsqueeze } from "../ops/reshape.ts";
import { meanOver } from "./mean-over.ts";

export interface PairLossOptions {
  /**
   * Negatives to skip, `[B, B]` bool with a false diagonal, such as rows with the same text, which are
   * false negatives. See `repeatedRows`.
   */
  readonly ignore?: Tensor | undefined;
}

/**
 * Symmetric InfoNCE: the mean cross-entropy over the rows and the columns of `scale z tᵀ`, with target
 * `i` for row `i` and for column `i` (CLIP, arXiv:2103.00020, figure 3).
 *
 * @param z `[B, P]`
 * @param t `[B, P]`
 * @param scale factor of the similarities, the inverse of a temperature
 * @returns a scalar in nats
 * @example
 * const pairs = array([[1, 0], [0, 1]]);
 * const [y] = await evaluate((z, t) => infoNceLoss(z, t, 1), [pairs, pairs]); // 0.3133
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

/** A logit whose exponential is 0. */
const HIDDEN = -1e30;

/**
 * The sigmoid loss `-(1 / B) sum_ij log sigmoid(y_ij (scale z_i t_j + bias))`, where `y_ij` is 1 for
 * pairs and -1 elsewhere (SigLIP, arXiv:2303.15343, section 3.2; initial scale 10 and bias -10).
 *
 * @param z `[B, P]`
 * @param t `[B, P]`
 * @returns a scalar in nats
 * @example
 * const pairs = array([[1, 0], [0, 1]]);
 * const loss = (z, t) => sigmoidPairLoss(z, t, { scale: 1, bias: 0 });
 * await evaluate(loss, [pairs, pairs]); // [1.0064]
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

/**
 * Negative mean cosine of pairs, `-mean_i z_i . t_i`.
 *
 * @param z `[B, P]`
 * @param t `[B, P]`
 * @returns a scalar
 * @example
 * const [y] = await evaluate(alignmentLoss, [array([[1, 0], [0, 1]]), array([[1, 0], [1, 0]])]); // -0.5
 */
export function alignmentLoss(z: Tensor, t: Tensor): Tensor {
  return neg(reduceMean(reduceSum(mul(z, t), 1)));
}

/**
 * Mean cosine between different rows, `(|sum_i z_i|^2 - B) / (B (B - 1))`: near 1 if the embeddings
 * have collapsed to one direction; 0 for a single row.
 *
 * @param z `[B, P]`
 * @returns a scalar
 */
export function meanSimilarity(z: Tensor): Tensor {
  const total = reduceSum(z, 0); // [P]
  const norms = reduceSum(mul(z, z), 1); // [B], all ones
  const count = reduceSum(onesLike(norms));
  const pairs = maximum(mul(count, sub(count, 1)), 1);
  const mean = div(sub(reduceSum(mul(total, total)), reduceSum(norms)), pairs);
  return meanOver(mean, "samples");
}

/** Cosines that differ by less are equal: products and sums of rows round differently. */
const TIE = 1e-6;

export interface PairAccuracyOptions {
  /** Pairs of different rows with the same text, `[B, B]` bool, which count as the row's own text. */
  readonly same?: Tensor;
}

/**
 * Fraction of the rows of `z` whose nearest row of `t` is their own. A row that is as near to `n` different
 * texts as to its own counts `1 / (n + 1)`, as a choice by chance among them would be right.
 *
 * @param z `[B, P]`
 * @param t `[B, P]`
 * @returns a scalar without gradient, 0 to 1
 * @example
 * const [y] = await evaluate(pairAccuracy, [array([[1, 0], [1, 0]]), array([[1, 0], [0, 1]])]); // 0.5
 */
export function pairAccuracy(z: Tensor, t: Tensor, { same }: PairAccuracyOptions = {}): Tensor {
  const all = matmul(z, t, { transposeB: true }); // [B, B]
  const logits = same === undefined ? all : where(same, HIDDEN, all);
  const own = reduceSum(mul(z, t), 1); // [B]
  const isFirst = cast(greaterOrEqual(add(own, TIE), reduceMax(logits, 1)), "float32"); // [B]
  const near = greaterOrEqual(logits, unsqueeze(sub(own, TIE), 1)); // [B, B]
  const tied = maximum(reduceSum(cast(near, "float32"), 1), 1); // [B], with the own text
  return reduceMean(div(isFirst, tied));
}
