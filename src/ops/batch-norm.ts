/** Batch normalisation (arXiv:1502.03167). ONNX: ReduceMean, Sub, Mul, Sqrt, Div. */
import { defineOp, type Tensor } from "../graph/graph.ts";
import { formatShape, type Shape, sameDim } from "../graph/shape.ts";
import { add, div, mul, sqrt, sub } from "./arithmetic.ts";
import { reduceMean, reduceSum } from "./reduce.ts";
import { reshape } from "./reshape.ts";

/** All axes except the channel axis. */
function otherAxes(shape: Shape): number[] {
  return shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]));
}

/** `parameter` `[C]` so that it broadcasts along axis 1 of a tensor of `rank`. */
function alongChannels(parameter: Tensor, rank: number): Tensor {
  return reshape(parameter, [parameter.shape[0]!, ...Array.from({ length: rank - 2 }, () => 1)]);
}

function requireChannels(x: Shape, parameters: readonly Shape[]): void {
  for (const shape of parameters) {
    if (x.length < 2 || shape.length !== 1 || !sameDim(shape[0]!, x[1]!)) {
      throw new RangeError(
        `scale, bias, mean and variance must have one entry per channel of ${formatShape(x)}, got ${formatShape(shape)}`,
      );
    }
  }
}

const batchNormOp = defineOp<{ readonly epsilon: number }>({
  name: "batch_norm",
  infer: ([x, scale, bias]) => {
    requireChannels(x!.shape, [scale!.shape, bias!.shape]);
    const channels = { dtype: x!.dtype, shape: [x!.shape[1]!] };
    const kept = x!.shape.map((dim, axis) => (axis === 1 ? dim : 1));
    return [
      { dtype: x!.dtype, shape: x!.shape },
      channels,
      channels,
      { dtype: x!.dtype, shape: x!.shape }, // normalized
      { dtype: x!.dtype, shape: kept }, // inverse deviation
    ];
  },
  emit: ({ emitter, inputs: [x, scale, bias], outputs, attributes: { epsilon }, node }) => {
    const [y, mean, variance, normalized, inverse] = outputs as [
      string,
      string,
      string,
      string,
      string,
    ];
    const { shape } = node.inputs[0]!;
    const axes = emitter.ints(otherAxes(shape));
    const channel = emitter.ints([-1, ...shape.slice(2).map(() => 1)]);
    const vector = emitter.ints([-1]);
    const centre = emitter.add("ReduceMean", [x!, axes], { keepdims: 1 });
    emitter.add("Reshape", [centre, vector], {}, { outputs: [mean] });
    const centred = emitter.add("Sub", [x!, centre]);
    const squared = emitter.add("Mul", [centred, centred]);
    const spread = emitter.add("ReduceMean", [squared, axes], { keepdims: 1 });
    emitter.add("Reshape", [spread, vector], {}, { outputs: [variance] });
    const deviation = emitter.add("Sqrt", [emitter.add("Add", [spread, emitter.scalar(epsilon)])]);
    emitter.add("Reciprocal", [deviation], {}, { outputs: [inverse] });
    emitter.add("Mul", [centred, inverse], {}, { outputs: [normalized] });
    const scaled = emitter.add("Mul", [normalized, emitter.add("Reshape", [scale!, channel])]);
    emitter.add("Add", [scaled, emitter.add("Reshape", [bias!, channel])], {}, { outputs: [y] });
  },
  gradient: ({ inputs: [x, scale], outputs: [, , , normalized, inverse], gradients: [dy] }) => {
    if (dy === undefined) return [];
    const axes = otherAxes(x!.shape);
    const dScale = reduceSum(mul(dy, normalized!), axes); // [C]
    const dBias = reduceSum(dy, axes); // [C]
    const rank = x!.shape.length;
    const factor = mul(alongChannels(scale!, rank), inverse!);
    const centred = sub(
      sub(dy, reduceMean(dy, axes, { keepDims: true })),
      mul(normalized!, reduceMean(mul(dy, normalized!), axes, { keepDims: true })),
    );
    return [mul(centred, factor), dScale, dBias];
  },
});

/**
 * `(x - mean) / sqrt(variance + epsilon) * scale + bias` with the statistics of this batch, over
 * all axes except the channel axis.
 *
 * Also returns mean and population variance for running averages; no gradient flows through them.
 *
 * @param x `[N, C, ...]`
 * @param scale `[C]`
 * @param bias `[C]`
 * @example
 * const norm = (x, scale, bias) => batchNorm(x, scale, bias).y;
 * await evaluate(norm, [array([[1], [3]]), array([2]), array([0])]); // [[[-2], [2]]]
 */
export function batchNorm(
  x: Tensor,
  scale: Tensor,
  bias: Tensor,
  epsilon = 1e-5,
): { y: Tensor; mean: Tensor; variance: Tensor } {
  const [y, mean, variance] = batchNormOp([x, scale, bias], { epsilon });
  return { y: y!, mean: mean!, variance: variance! };
}

/**
 * The same with given statistics (`mean` and `variance` are `[C]`), for evaluation.
 *
 * @example
 * const norm = (x, one, zero) => batchNormWith(x, one, zero, one, one);
 * await evaluate(norm, [array([[1], [3]]), array([1]), array([0])]); // [[[0], [2]]]
 */
export function batchNormWith(
  x: Tensor,
  scale: Tensor,
  bias: Tensor,
  mean: Tensor,
  variance: Tensor,
  epsilon = 1e-5,
): Tensor {
  requireChannels(
    x.shape,
    [scale, bias, mean, variance].map(({ shape }) => shape),
  );
  const factor = div(scale, sqrt(add(variance, epsilon))); // [C]
  const offset = sub(bias, mul(mean, factor)); // [C]
  const rank = x.shape.length;
  return add(mul(x, alongChannels(factor, rank)), alongChannels(offset, rank));
}
