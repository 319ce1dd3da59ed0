/**
 * Reductions over axes. ONNX: ReduceSum, ReduceSumSquare, ReduceMean, ReduceMax, ReduceMin,
 * ReduceLogSumExp; MatMul for sums over leading axes.
 */
import { defineOp, type Tensor, type TensorSpec } from "../graph/graph.ts";
import { normalizeAxis, type Shape } from "../graph/shape.ts";
import { div, exp, mul, sub } from "./arithmetic.ts";
import { cast, equal, greater } from "./compare.ts";
import { emitLeadingSum } from "./leading-sum.ts";
import { expand, reshape } from "./reshape.ts";
import { elementCountOf } from "./run-time-shape.ts";

export interface ReduceOptions {
  /** Reduced axes stay with size 1. Default false. */
  readonly keepDims?: boolean;
}

interface ReduceAttributes {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

function reducedShape(shape: Shape, { axes, keepDims }: ReduceAttributes): Shape {
  const kept = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis));
}

/** `y` with its reduced axes back as size 1, so that it broadcasts against the input. */
function keptShape(x: TensorSpec, { axes }: ReduceAttributes): Shape {
  return reducedShape(x.shape, { axes, keepDims: true });
}

type ReduceGradient = (dy: Tensor, x: Tensor, y: Tensor, attributes: ReduceAttributes) => Tensor;

function reduction(
  name: string,
  opType: string,
  gradient: ReduceGradient,
): (x: Tensor, axes?: number | readonly number[], options?: ReduceOptions) => Tensor {
  const apply = defineOp<ReduceAttributes>({
    name,
    infer: ([x], attributes) => [{ dtype: x!.dtype, shape: reducedShape(x!.shape, attributes) }],
    emit: (emission) => {
      const { emitter, inputs, outputs, attributes, node } = emission;
      const { axes, keepDims } = attributes;
      const leading = opType === "ReduceSum" && axes.every((axis, i) => axis === i);
      const reduced = node.outputs[0]!.shape;
      if (leading && emitLeadingSum(emission, axes.length, reduced)) return;
      emitter.add(
        opType,
        [inputs[0]!, emitter.ints(axes)],
        { keepdims: Number(keepDims) },
        { outputs },
      );
    },
    gradient: ({ inputs: [x], outputs: [y], gradients: [dy], attributes }) => {
      const kept = keptShape(x!, attributes);
      return [gradient(reshape(dy!, kept), x!, reshape(y!, kept), attributes)];
    },
  });
  return (x, axes = x.shape.map((_, axis) => axis), { keepDims = false } = {}) => {
    const rank = x.shape.length;
    const list = (typeof axes === "number" ? [axes] : axes).map((a) => normalizeAxis(a, rank));
    return list.length === 0 ? x : apply([x], { axes: list, keepDims })[0]!;
  };
}

/** Sum over `axes` (all by default). */
export const reduceSum: (
  x: Tensor,
  axes?: number | readonly number[],
  options?: ReduceOptions,
) => Tensor = reduction("sum", "ReduceSum", (dy, x) => expand(dy, x));

/** Sum of squares over `axes` (all by default). */
export const sumOfSquares: (
  x: Tensor,
  axes?: number | readonly number[],
  options?: ReduceOptions,
) => Tensor = reduction("sum_of_squares", "ReduceSumSquare", (dy, x) => mul(mul(dy, 2), x));

/** Mean over `axes` (all by default). */
export const reduceMean: (
  x: Tensor,
  axes?: number | readonly number[],
  options?: ReduceOptions,
) => Tensor = reduction("mean", "ReduceMean", (dy, x, _y, { axes }) =>
  expand(div(dy, elementCountOf(x, axes)), x),
);

/** Largest entry over `axes`; ties share the gradient equally. */
export const reduceMax: (
  x: Tensor,
  axes?: number | readonly number[],
  options?: ReduceOptions,
) => Tensor = reduction("max", "ReduceMax", sharedAmongTies);

/** Smallest entry over `axes`; ties share the gradient equally. */
export const reduceMin: (
  x: Tensor,
  axes?: number | readonly number[],
  options?: ReduceOptions,
) => Tensor = reduction("min", "ReduceMin", sharedAmongTies);

/** `log(sum(exp(x)))`, without overflow. */
export const logSumExp: (
  x: Tensor,
  axes?: number | readonly number[],
  options?: ReduceOptions,
) => Tensor = reduction("logsumexp", "ReduceLogSumExp", (dy, x, y) => mul(dy, exp(sub(x, y))));

function sharedAmongTies(dy: Tensor, x: Tensor, y: Tensor, { axes }: ReduceAttributes): Tensor {
  const chosen = cast(equal(x, y), "float32");
  return mul(dy, div(chosen, reduceSum(chosen, axes, { keepDims: true })));
}

/** Population variance over `axes`: `mean((x - mean(x))^2)`. */
export function variance(
  x: Tensor,
  axes?: number | readonly number[],
  options: ReduceOptions & {
    /** Subtracted from the count in the denominator; 1 gives the unbiased estimate. Default 0. */
    readonly correction?: number;
  } = {},
): Tensor {
  const rank = x.shape.length;
  const list = axes === undefined ? x.shape.map((_, axis) => axis) : [axes].flat();
  const centred = sub(x, reduceMean(x, list, { keepDims: true }));
  const squares = mul(centred, centred);
  const { correction = 0, ...rest } = options;
  if (correction === 0) return reduceMean(squares, list, rest);
  const count = elementCountOf(
    x,
    list.map((axis) => normalizeAxis(axis, rank)),
  );
  return div(reduceSum(squares, list, rest), sub(count, correction));
}

/** Whether any entry over `axes` (all by default) of a bool tensor is true. */
export function reduceAny(
  x: Tensor,
  axes?: number | readonly number[],
  options?: ReduceOptions,
): Tensor {
  return greater(reduceMax(cast(x, "float32"), axes, options), 0);
}

/** Whether all entries over `axes` (all by default) of a bool tensor are true. */
export function reduceAll(
  x: Tensor,
  axes?: number | readonly number[],
  options?: ReduceOptions,
): Tensor {
  return greater(reduceMin(cast(x, "float32"), axes, options), 0);
}
