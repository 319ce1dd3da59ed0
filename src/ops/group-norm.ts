/** Group normalisation (arXiv:1803.08494). ONNX: LayerNormalization over flattened groups. */
import { allocate } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { formatShape, product } from "../graph/shape.ts";
import { add, mul } from "./arithmetic.ts";
import { layerNorm } from "./layer-norm.ts";
import { reshape } from "./reshape.ts";

/**
 * `(x - mean) / sqrt(variance + epsilon) * scale + bias`, with statistics over each sample's groups of
 * adjacent channels; with one group per channel it is instance normalisation.
 *
 * @param x `[N, C, ...]`; all axes except N of fixed size
 * @param numGroups a divisor of C
 * @param scale `[C]`
 * @param bias `[C]`
 * @throws RangeError if groups or parameters do not fit the channels
 * @example
 * const norm = (x, scale, bias) => groupNorm(x, 1, scale, bias);
 * await evaluate(norm, [array([[[[1]], [[3]]]]), array([1, 1]), array([0, 0])]); // [[[[[-1]], [[1]]]]]
 */
export function groupNorm(
  x: Tensor,
  numGroups: number,
  scale: Tensor,
  bias: Tensor,
  epsilon = 1e-5,
): Tensor {
  const [, channels, ...rest] = x.shape;
  const size = product(x.shape.slice(1));
  if (typeof channels !== "number" || typeof size !== "number" || channels % numGroups !== 0) {
    throw new RangeError(
      `groupNorm: cannot divide the channels of ${formatShape(x.shape)} into ${numGroups} groups`,
    );
  }
  for (const { shape } of [scale, bias]) {
    if (shape.length !== 1 || shape[0] !== channels) {
      throw new RangeError(
        `groupNorm: scale and bias must be [${channels}], got ${formatShape(shape)}`,
      );
    }
  }
  const groupSize = size / numGroups;
  const [one, zero] = [1, 0].map((value) => {
    const filled = allocate("float32", [groupSize]);
    filled.data.fill(value);
    return constant(x.graph, filled);
  });
  const groups = reshape(x, [-1, groupSize]); // [N * groups, C / groups * ...]
  const normalized = reshape(layerNorm(groups, one!, zero!, epsilon), x.shape);
  const perChannel = [channels, ...rest.map(() => 1)];
  return add(mul(normalized, reshape(scale, perChannel)), reshape(bias, perChannel));
}
