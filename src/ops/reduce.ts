/**
 * Reductions over axes. ONNX: ReduceSum, ReduceSumSquare, ReduceMean, ReduceMax, ReduceMin,
 * ReduceLogSumExp; MatMul for sums over leading axes.
 */
import type { Tensor } from "../graph/graph.ts";
import { normalizeAxis } from "../graph/shape.ts";
import { div, exp, mul, sub } from "./arithmetic.ts";
import { cast, equal, greater } from "./compare.ts";
import {
  expand,
  type ReduceAttributes,
  type ReduceOptions,
  reduceSum,
  reduction,
} from "./reshape.ts";
import { elementCountOf } from "./run-time-shape.ts";

export { type ReduceOptions, reduceSum } from "./reshape.ts";

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
