import type { Tensor } from "../graph/graph.ts";
import { product } from "../graph/shape.ts";
import { where } from "../ops/compare.ts";
import { reshape } from "../ops/reshape.ts";
import { type CrossEntropyOptions, crossEntropy, NO_LABEL } from "./cross-entropy.ts";

/**
 * Cross-entropy of next-token scores, averaged over the positions selected by `mask`.
 *
 * @param logits `[B*S, V]`
 * @param targets `[B, S]` int64, the token after each position
 * @param mask `[B, S]` bool, the positions to include; default all
 * @returns a scalar in nats
 * @example
 * const [y] = await evaluate(nextTokenLoss, [array([[0, 0]]), array([[1]], "int64")]); // 0.6931
 */
export function nextTokenLoss(
  logits: Tensor,
  targets: Tensor,
  {
    mask,
    ...options
  }: Pick<CrossEntropyOptions, "labelSmoothing" | "reduction"> & { readonly mask?: Tensor } = {},
): Tensor {
  const rows = [product(targets.shape)];
  if (mask === undefined) return crossEntropy(logits, reshape(targets, rows), options);
  const labels = reshape(where(mask, targets, NO_LABEL), rows); // [B*S]
  return crossEntropy(logits, labels, options);
}
