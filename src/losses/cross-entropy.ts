/** Cross-entropy of class scores. ONNX: LogSoftmax, GatherElements; backward Exp, ScatterElements. */
import { defineOp, type Tensor } from "../graph/graph.ts";
import { formatShape, sameDim } from "../graph/shape.ts";
import { exp, mul, sub } from "../ops/arithmetic.ts";
import { cast, equal, less, logicalNot, where } from "../ops/compare.ts";
import { scatterAdd } from "../ops/gather.ts";
import { reduceSum } from "../ops/reduce.ts";
import { unsqueeze } from "../ops/reshape.ts";
import { countedMean } from "./mean-over.ts";
import { type Reduction, reduceLoss } from "./reduction.ts";

/** Label of rows without a class; PyTorch's default. */
export const NO_LABEL = -100;

interface RowLossAttributes {
  readonly labelSmoothing: number;
}

/** Loss of each row; the second output, the log-probabilities, is reused by the gradient. */
const rowLossOp = defineOp<RowLossAttributes>({
  name: "cross_entropy",
  infer: ([logits]) => [
    { dtype: logits!.dtype, shape: [logits!.shape[0]!] },
    { dtype: logits!.dtype, shape: logits!.shape },
  ],
  emit: ({ emitter, inputs: [logits, labels], outputs: [loss, logs], attributes }) => {
    const smoothing = attributes.labelSmoothing;
    emitter.add("LogSoftmax", [logits!], { axis: 1 }, { outputs: [logs!] });
    const picked = emitter.add("GatherElements", [logs!, labels!], { axis: 1 });
    const last = emitter.ints([1]);
    if (smoothing === 0) {
      const row = emitter.add("Squeeze", [picked, last]);
      emitter.add("Neg", [row], {}, { outputs: [loss!] });
      return;
    }
    const target = emitter.add("Mul", [picked, emitter.scalar(smoothing - 1)]);
    const mean = emitter.add("ReduceMean", [logs!, last], { keepdims: 1 });
    const uniform = emitter.add("Mul", [mean, emitter.scalar(smoothing)]);
    const total = emitter.add("Sub", [target, uniform]);
    emitter.add("Squeeze", [total, last], {}, { outputs: [loss!] });
  },
  gradient: ({
    inputs: [logits, labels],
    outputs: [, logs],
    gradients: [dy],
    attributes: { labelSmoothing },
  }) => {
    const column = unsqueeze(dy!, 1); // [N, 1]
    const numClasses = logits!.shape[1] as number;
    const probabilities = exp(logs!); // [N, C]
    const excess = mul(sub(probabilities, labelSmoothing / numClasses), column);
    return [scatterAdd(excess, labels!, mul(column, labelSmoothing - 1), 1)];
  },
});

export interface CrossEntropyOptions {
  /** Fraction of the target spread evenly over all classes, 0 to 1. Default 0. */
  readonly labelSmoothing?: number;
  /** Rows with this label are skipped. Default -100. */
  readonly ignoreIndex?: number;
  /** Default `mean`, over the rows that are not skipped. */
  readonly reduction?: Reduction;
}

/**
 * `-sum_c target_c log softmax(logits)_c`, as in torch.nn.functional.cross_entropy, with
 * `target = (1 - labelSmoothing) onehot(label) + labelSmoothing / C`.
 *
 * Rows with the label `ignoreIndex` are skipped; if all are, the mean is 0 (NaN in PyTorch). Any other label
 * outside 0 to C - 1 fails when the graph runs.
 *
 * @param logits `[N, C]`
 * @param labels `[N]` int64, 0 to C - 1 or `ignoreIndex`
 * @returns a scalar in nats, or `[N]` with reduction `none` (0 in skipped rows)
 * @throws RangeError if `labelSmoothing` is outside 0 to 1 or the shapes do not match
 * @example
 * const [y] = await evaluate(crossEntropy, [array([[0, 0]]), array([1], "int64")]); // 0.6931
 */
export function crossEntropy(
  logits: Tensor,
  labels: Tensor,
  { labelSmoothing = 0, ignoreIndex = NO_LABEL, reduction = "mean" }: CrossEntropyOptions = {},
): Tensor {
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new RangeError(`crossEntropy: labelSmoothing must be 0 to 1, got ${labelSmoothing}`);
  }
  const numClasses = requireRows(logits, labels);
  const ignored = equal(labels, ignoreIndex); // [N]
  const known = where(ignored, 0, labels);
  // ONNX counts negative labels from the end; as C they fail like any other that is too large.
  const safe = where(less(known, 0), numClasses, known);
  const losses = rowLossOp([logits, unsqueeze(safe, 1)], { labelSmoothing })[0]!; // [N]
  const counted = cast(logicalNot(ignored), "float32");
  const rows = mul(losses, counted);
  if (reduction !== "mean") return reduceLoss(rows, reduction);
  return countedMean(rows, reduceSum(counted));
}

/** `C`, if the logits are `[N, C]` and the labels `[N]` int64. */
function requireRows(logits: Tensor, labels: Tensor): number {
  const [rows, numClasses] = logits.shape;
  if (logits.shape.length !== 2 || typeof numClasses !== "number") {
    throw new RangeError(`crossEntropy: logits must be [N, C], got ${formatShape(logits.shape)}`);
  }
  const { dtype, shape } = labels;
  if (dtype !== "int64" || shape.length !== 1 || !sameDim(shape[0]!, rows!)) {
    throw new RangeError(
      `crossEntropy: labels must be int64 with one entry per row of ${formatShape(logits.shape)}, got ${dtype} ${formatShape(shape)}`,
    );
  }
  return numClasses;
}
