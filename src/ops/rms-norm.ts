/** Root-mean-square normalisation (arXiv:1910.07467). ONNX: Mul, ReduceMean, Sqrt, Reciprocal. */
import { defineOp, type Tensor } from "../graph/graph.ts";
import { formatShape, sameDim } from "../graph/shape.ts";
import { mul, sub } from "./arithmetic.ts";
import { reduceMean, reduceSum } from "./reduce.ts";

const rmsNormOp = defineOp<{ readonly epsilon: number }>({
  name: "rms_norm",
  infer: ([x, scale]) => {
    if (scale!.shape.length !== 1 || !sameDim(scale!.shape[0]!, x!.shape.at(-1) ?? 1)) {
      throw new RangeError(
        `scale must have one entry per feature of ${formatShape(x!.shape)}, got ${formatShape(scale!.shape)}`,
      );
    }
    return [
      { dtype: x!.dtype, shape: x!.shape },
      { dtype: x!.dtype, shape: x!.shape }, // normalized
      { dtype: x!.dtype, shape: [...x!.shape.slice(0, -1), 1] }, // 1 / root mean square
    ];
  },
  emit: ({ emitter, inputs: [x, scale], outputs, attributes: { epsilon } }) => {
    const [y, normalized, inverse] = outputs as [string, string, string];
    const squared = emitter.add("Mul", [x!, x!]);
    const mean = emitter.add("ReduceMean", [squared, emitter.ints([-1])], { keepdims: 1 });
    const root = emitter.add("Sqrt", [emitter.add("Add", [mean, emitter.scalar(epsilon)])]);
    emitter.add("Reciprocal", [root], {}, { outputs: [inverse] });
    emitter.add("Mul", [x!, inverse], {}, { outputs: [normalized] });
    emitter.add("Mul", [normalized, scale!], {}, { outputs: [y] });
  },
  gradient: ({ inputs: [x, scale], outputs: [, normalized, inverse], gradients: [dy] }) => {
    const g = mul(dy!, scale!);
    const along = reduceMean(mul(g, normalized!), -1, { keepDims: true });
    const rows = x!.shape.slice(0, -1).map((_, axis) => axis);
    return [mul(sub(g, mul(normalized!, along)), inverse!), reduceSum(mul(dy!, normalized!), rows)];
  },
});

/**
 * `x / sqrt(mean(x^2) + epsilon) * scale`, the mean over the last axis.
 *
 * @param x `[..., D]`
 * @param scale `[D]`
 * @example
 * const [y] = await evaluate((x, scale) => rmsNorm(x, scale), [array([[1, 7]]), array([1, 1])]); // [[0.2, 1.4]]
 */
export function rmsNorm(x: Tensor, scale: Tensor, epsilon = 1e-6): Tensor {
  return rmsNormOp([x, scale], { epsilon })[0]!;
}
