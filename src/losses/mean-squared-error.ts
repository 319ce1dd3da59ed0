/** Squared distance between predictions and targets. ONNX: Sub, Mul, ReduceMean. */
import type { Tensor } from "../graph/graph.ts";
import { formatShape, sameShape } from "../graph/shape.ts";
import { square, sub } from "../ops/arithmetic.ts";
import { type Reduction, reduceLoss } from "./reduction.ts";

/**
 * `(prediction - target)^2`, by default averaged over all entries.
 *
 * @param predictions any shape
 * @param targets the same shape
 * @returns a scalar, or the shape of `predictions` with reduction `none`
 * @throws RangeError if the shapes differ
 * @example
 * const [y] = await evaluate(meanSquaredError, [array([1, 2]), array([1, 4])]); // 2
 */
export function meanSquaredError(
  predictions: Tensor,
  targets: Tensor,
  { reduction = "mean" }: { readonly reduction?: Reduction } = {},
): Tensor {
  if (!sameShape(predictions.shape, targets.shape)) {
    throw new RangeError(
      `meanSquaredError: predictions ${formatShape(predictions.shape)} and targets ${formatShape(targets.shape)} must have one shape`,
    );
  }
  return reduceLoss(square(sub(predictions, targets)), reduction);
}
