/** Squared distance between predictions and targets. ONNX: Sub, Mul, ReduceMean. */
import type { Tensor } from "../graph/graph.ts";
import { formatShape, sameShape } from "../graph/shape.ts";
import { square, sub } from "../ops/arithmetic.ts";
import { type Reduction, reduceLoss } from "./reduction.ts";

/** `(prediction - target)^2`, averaged over all entries unless `reduction` says otherwise. */
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
