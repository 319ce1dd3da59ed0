import { usageError } from "../graph/errors.ts";
import type { Tensor } from "../graph/graph.ts";
import { formatShape } from "../graph/shape.ts";
import { add, div, mul, square, sub } from "../ops/arithmetic.ts";
import { batchNormWith, batchNorm as normalize } from "../ops/batch-norm.ts";
import { reduceMean, reduceSum } from "../ops/reduce.ts";
import { elementCountOf } from "../ops/run-time-shape.ts";
import { ones, zeros } from "./initializers.ts";
import type { Scope } from "./scope.ts";

/**
 * Batch normalisation (arXiv:1502.03167) as torch.nn.BatchNorm2d: batch statistics in training,
 * running ones in evaluation.
 *
 * Parameters `weight`, `bias`; states `running_mean`, `running_var`, which move by a tenth of the way
 * to the mean and the unbiased variance of all batches of an update, as if they were one.
 *
 * @param x `[B, C, H, W]`
 * @throws UserError (exit code 2) in training on a single value of each channel, which has no variance
 * @example
 * const layer = (scope, { x }) => batchNorm(scope, x);
 * const inputs = { x: array([[[[1, 2], [3, 4]]]]) };
 * const { output } = await apply(layer, init(layer, inputs), inputs);
 * output.shape; // [1, 1, 2, 2]
 */
export function batchNorm(
  scope: Scope,
  x: Tensor,
  { momentum = 0.1, epsilon = 1e-5 } = {},
): Tensor {
  const channels = [x.shape[1] as number];
  if (scope.training) requireSeveral(x);
  const weight = scope.parameter("weight", channels, ones);
  const bias = scope.parameter("bias", channels, zeros);
  const runningMean = scope.state("running_mean", channels, zeros);
  const runningVariance = scope.state("running_var", channels, ones);
  if (!scope.training) return batchNormWith(x, weight, bias, runningMean, runningVariance, epsilon);
  const { y, mean, variance } = normalize(x, weight, bias, epsilon);
  const count = elementCountOf(x, [0, 2, 3]);
  const move = (from: Tensor, to: Tensor) => add(mul(from, 1 - momentum), mul(to, momentum));
  scope.updateFrom("running_mean", { mean }, (state, { mean: means }) =>
    move(state, reduceMean(means!, 0)),
  );
  scope.updateFrom("running_var", { mean, variance, count }, (state, rows) =>
    move(state, unbiasedVariance(rows.mean!, rows.variance!, reduceSum(rows.count!))),
  );
  return y;
}

function requireSeveral({ shape }: Tensor): void {
  const values = [shape[0]!, ...shape.slice(2)];
  if (values.some((size) => size !== 1)) return;
  throw usageError(
    `batch normalisation needs more than one value of each channel in training, got ${formatShape(shape)}; raise the batch size or the size of the images`,
  );
}

/**
 * The unbiased variance of `M` batches of equal size together, `[C]`.
 *
 * @param mean of each batch, `[M, C]`
 * @param variance of each batch, `[M, C]`
 * @param count values of each channel in all batches, a scalar
 */
function unbiasedVariance(mean: Tensor, variance: Tensor, count: Tensor): Tensor {
  const apart = square(sub(mean, reduceMean(mean, 0, { keepDims: true }))); // [M, C]
  const whole = reduceMean(add(variance, apart), 0); // [C]
  return mul(whole, div(count, sub(count, 1)));
}
