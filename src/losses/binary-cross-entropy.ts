/** Cross-entropy of independent binary scores. ONNX: Softplus, Mul, Sub. */
import type { Tensor } from "../graph/graph.ts";
import { formatShape, sameShape } from "../graph/shape.ts";
import { softplus } from "../ops/activation.ts";
import { mul, sub } from "../ops/arithmetic.ts";
import { type Reduction, reduceLoss } from "./reduction.ts";

/**
 * `-t log s - (1 - t) log(1 - s)` with `s = sigmoid(logits)`, computed as `softplus(x) - x t`
 * (torch.nn.functional.binary_cross_entropy_with_logits).
 *
 * @param logits any shape
 * @param targets the same shape, 0 to 1
 * @returns a scalar in nats, or the shape of `logits` with reduction `none`
 * @throws RangeError if the shapes differ
 * @example
 * const [y] = await evaluate(binaryCrossEntropy, [array([0, 0]), array([1, 0])]); // 0.6931
 */
export function binaryCrossEntropy(
  logits: Tensor,
  targets: Tensor,
  { reduction = "mean" }: { readonly reduction?: Reduction } = {},
): Tensor {
  if (!sameShape(logits.shape, targets.shape)) {
    throw new RangeError(
      `binaryCrossEntropy: logits ${formatShape(logits.shape)} and targets ${formatShape(targets.shape)} must have one shape`,
    );
  }
  return reduceLoss(sub(softplus(logits), mul(logits, targets)), reduction);
}
