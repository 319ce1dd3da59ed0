/** Vectors of unit length, and the angle between vectors. ONNX: ReduceSumSquare, Sqrt, Div. */
import type { Tensor } from "../graph/graph.ts";
import { div, maximum, mul, sqrt } from "./arithmetic.ts";
import { reduceSum, sumOfSquares } from "./reduce.ts";

/**
 * `x / max(|x|, epsilon)` with the Euclidean norm along `axis`; zero vectors stay zero.
 *
 * @example
 * const [y] = await evaluate((x) => l2Normalize(x), [array([3, 4])]); // [0.6, 0.8]
 */
export function l2Normalize(x: Tensor, axis = -1, epsilon = 1e-12): Tensor {
  return div(x, norm(x, axis, epsilon, true));
}

/**
 * `sum(a b) / (max(|a|, epsilon) max(|b|, epsilon))` along `axis`, which is removed.
 *
 * @example
 * const [y] = await evaluate((a, b) => cosineSimilarity(a, b), [array([[1, 0]]), array([[3, 4]])]); // [0.6]
 */
export function cosineSimilarity(a: Tensor, b: Tensor, axis = -1, epsilon = 1e-8): Tensor {
  const lengths = mul(norm(a, axis, epsilon, false), norm(b, axis, epsilon, false));
  return div(reduceSum(mul(a, b), axis), lengths);
}

/** `max(|x|, epsilon)`; bounded before the root, whose derivative at 0 is infinite. */
function norm(x: Tensor, axis: number, epsilon: number, keepDims: boolean): Tensor {
  return sqrt(maximum(sumOfSquares(x, axis, { keepDims }), epsilon ** 2));
}
