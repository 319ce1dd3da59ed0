/** Layer normalisation over the last axis (arXiv:1607.06450). ONNX: LayerNormalization. */
import { defineOp, type Tensor } from "../graph/graph.ts";
import { formatShape, sameDim } from "../graph/shape.ts";
import { mul, sub } from "./arithmetic.ts";
import { reduceMean, reduceSum } from "./reduce.ts";

const layerNormOp = defineOp<{ readonly epsilon: number }>({
  name: "layer_norm",
  infer: ([x, scale, bias]) => {
    for (const parameter of [scale!, bias!]) {
      if (parameter.shape.length !== 1 || !sameDim(parameter.shape[0]!, x!.shape.at(-1)!)) {
        throw new RangeError(
          `scale and bias must have one entry per feature of ${formatShape(x!.shape)}, got ${formatShape(parameter.shape)}`,
        );
      }
    }
    const row = { dtype: x!.dtype, shape: [...x!.shape.slice(0, -1), 1] };
    return [{ dtype: x!.dtype, shape: x!.shape }, row, row];
  },
  emit: ({ emitter, inputs, outputs, attributes: { epsilon } }) => {
    emitter.add(
      "LayerNormalization",
      inputs,
      { axis: -1, epsilon: { float: epsilon } },
      { outputs },
    );
  },
  gradient: ({ inputs: [x, scale], outputs: [, mean, inverse], gradients: [dy] }) => {
    const rows = x!.shape.slice(0, -1).map((_, axis) => axis);
    const normalized = mul(sub(x!, mean!), inverse!);
    const g = mul(dy!, scale!);
    const centred = sub(
      sub(g, reduceMean(g, -1, { keepDims: true })),
      mul(normalized, reduceMean(mul(g, normalized), -1, { keepDims: true })),
    );
    return [mul(centred, inverse!), reduceSum(mul(dy!, normalized), rows), reduceSum(dy!, rows)];
  },
});

/**
 * `(x - mean) / sqrt(variance + epsilon) * scale + bias`, statistics over the last axis.
 *
 * @param x `[..., D]`
 * @param scale `[D]`
 * @param bias `[D]`
 * @example
 * const [y] = await evaluate((x, s, b) => layerNorm(x, s, b), [array([[1, 3]]), array([1, 1]), array([0, 0])]); // [[-1, 1]]
 */
export function layerNorm(x: Tensor, scale: Tensor, bias: Tensor, epsilon = 1e-5): Tensor {
  return layerNormOp([x, scale, bias], { epsilon })[0]!;
}
