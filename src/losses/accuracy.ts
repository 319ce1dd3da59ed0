/** Fraction of rows whose largest score is at the label. ONNX: ArgMax, Equal, ReduceSum. */
import type { Tensor } from "../graph/graph.ts";
import { formatShape, sameDim } from "../graph/shape.ts";
import { mul } from "../ops/arithmetic.ts";
import { cast, equal, logicalNot } from "../ops/compare.ts";
import { reduceSum } from "../ops/reduce.ts";
import { argMax } from "../ops/top-k.ts";
import { NO_LABEL } from "./cross-entropy.ts";
import { countedMean } from "./mean-over.ts";

/**
 * Fraction (0 to 1) of rows of `logits` whose argmax equals the label; ties go to the first entry.
 *
 * @param logits `[N, C]`
 * @param labels `[N]` int64; rows with the label `ignoreIndex`, default -100, are skipped (0 if all are)
 * @returns a scalar without gradient
 * @throws RangeError if the shapes do not match
 * @example
 * const scores = array([[2, 1], [0, 3], [1, 0]]);
 * const [y] = await evaluate(accuracy, [scores, array([0, 1, 1], "int64")]); // 0.6667
 */
export function accuracy(
  logits: Tensor,
  labels: Tensor,
  { ignoreIndex = NO_LABEL }: { readonly ignoreIndex?: number } = {},
): Tensor {
  const [rows] = logits.shape;
  if (logits.shape.length !== 2 || labels.shape.length !== 1 || !sameDim(labels.shape[0]!, rows!)) {
    throw new RangeError(
      `accuracy: needs logits [N, C] and labels [N], got ${formatShape(logits.shape)} and ${formatShape(labels.shape)}`,
    );
  }
  const correct = cast(equal(argMax(logits, 1), labels), "float32"); // [N]
  const counted = cast(logicalNot(equal(labels, ignoreIndex)), "float32");
  return countedMean(mul(correct, counted), reduceSum(counted));
}
