/** Triangles of matrices and the masks of causal attention. ONNX: Trilu. */
import { allocate } from "../graph/array.ts";
import { defineOp, type Graph, type Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { formatShape } from "../graph/shape.ts";

const triluOp = defineOp<{ readonly upper: boolean; readonly diagonal: number }>({
  name: "trilu",
  infer: ([x]) => {
    if (x!.shape.length < 2) throw new RangeError(`needs two axes, got ${formatShape(x!.shape)}`);
    return [{ dtype: x!.dtype, shape: x!.shape }];
  },
  emit: ({ emitter, inputs, outputs, attributes: { upper, diagonal } }) => {
    const k = emitter.ints([diagonal]);
    emitter.add("Trilu", [inputs[0]!, k], { upper: Number(upper) }, { outputs });
  },
  gradient: ({ gradients: [dy], attributes: { upper, diagonal } }) => [
    upper ? triu(dy!, diagonal) : tril(dy!, diagonal),
  ],
});

/**
 * `x[..., i, j]` if `j <= i + diagonal`, otherwise 0.
 *
 * @example
 * const [y] = await evaluate((x) => tril(x), [array([[1, 2], [3, 4]])]); // [[1, 0], [3, 4]]
 */
export function tril(x: Tensor, diagonal = 0): Tensor {
  return triluOp([x], { upper: false, diagonal })[0]!;
}

/**
 * `x[..., i, j]` if `j >= i + diagonal`, otherwise 0.
 *
 * @example
 * const [y] = await evaluate((x) => triu(x), [array([[1, 2], [3, 4]])]); // [[1, 2], [0, 4]]
 */
export function triu(x: Tensor, diagonal = 0): Tensor {
  return triluOp([x], { upper: true, diagonal })[0]!;
}

/**
 * `[S, S]` bool: whether query `i` may attend to key `j`, `j <= i`.
 *
 * @example
 * const [y] = await evaluate((x) => logicalOr(causalMask(x.graph, 2), x), [array([false], "bool")]); // [[true, false], [true, true]]
 */
export function causalMask(graph: Graph, size: number): Tensor {
  const mask = allocate("bool", [size, size]);
  for (let i = 0; i < size; i++) mask.data.fill(1, i * size, i * size + i + 1);
  return constant(graph, mask);
}

/**
 * `[S, S]` float32 bias for attention scores: 0 if `i - window < j <= i`, otherwise -Infinity.
 *
 * @param window number of tokens that a query sees, with its own; default all earlier ones
 * @example
 * const [y] = await evaluate((x) => exp(add(causalBias(x.graph, 2), x)), [array([0])]); // [[1, 0], [1, 1]]
 */
export function causalBias(graph: Graph, size: number, window = size): Tensor {
  const bias = allocate("float32", [size, size]);
  for (let i = 0; i < size; i++) {
    bias.data.fill(-Infinity, i * size, i * size + Math.max(0, i - window + 1));
    bias.data.fill(-Infinity, i * size + i + 1, (i + 1) * size);
  }
  return constant(graph, bias);
}
