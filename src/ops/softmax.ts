/** Softmax and its logarithm. ONNX: Softmax, LogSoftmax. */
import { defineOp, type Tensor } from "../graph/graph.ts";
import { normalizeAxis } from "../graph/shape.ts";
import { exp, mul, sub } from "./arithmetic.ts";
import { reduceSum } from "./reduce.ts";

const softmaxOp = defineOp<{ readonly axis: number }>({
  name: "softmax",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit: ({ emitter, inputs, outputs, attributes }) => {
    emitter.add("Softmax", inputs, { axis: attributes.axis }, { outputs });
  },
  gradient: ({ outputs: [y], gradients: [dy], attributes: { axis } }) => {
    const weighted = mul(dy!, y!);
    return [sub(weighted, mul(y!, reduceSum(weighted, axis, { keepDims: true })))];
  },
});

/**
 * `e^x / sum(e^x)` along `axis` (the last by default).
 *
 * @example
 * const [y] = await evaluate((x) => softmax(x), [array([0, Math.log(3)])]); // [0.25, 0.75]
 */
export function softmax(x: Tensor, axis = -1): Tensor {
  return softmaxOp([x], { axis: normalizeAxis(axis, x.shape.length) })[0]!;
}

const logSoftmaxOp = defineOp<{ readonly axis: number }>({
  name: "log_softmax",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit: ({ emitter, inputs, outputs, attributes }) => {
    emitter.add("LogSoftmax", inputs, { axis: attributes.axis }, { outputs });
  },
  gradient: ({ outputs: [y], gradients: [dy], attributes: { axis } }) => [
    sub(dy!, mul(exp(y!), reduceSum(dy!, axis, { keepDims: true }))),
  ],
});

/**
 * `x - log(sum(e^x))` along `axis` (the last by default).
 *
 * @example
 * const [y] = await evaluate((x) => logSoftmax(x), [array([0, 0])]); // [-0.6931, -0.6931]
 */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return logSoftmaxOp([x], { axis: normalizeAxis(axis, x.shape.length) })[0]!;
}
