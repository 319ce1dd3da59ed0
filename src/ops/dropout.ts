/** Dropout (arXiv:1207.0580). ONNX: GreaterOrEqual, Cast, Mul. */
import type { Tensor } from "../graph/graph.ts";
import { formatShape, sameShape } from "../graph/shape.ts";
import { mul } from "./arithmetic.ts";
import { cast, greaterOrEqual } from "./compare.ts";

/**
 * `x * (uniform >= rate) / (1 - rate)`: zeroes a fraction of the entries and scales up the others.
 *
 * @param uniform random numbers in [0, 1) with the shape of `x`; randomness is an input
 * @param rate fraction of entries that become 0, from 0 to below 1; at 0 the result is `x`
 * @throws RangeError for an invalid rate or shape
 * @example
 * const [y] = await evaluate((x, u) => dropout(x, u, 0.5), [array([1, 2]), array([0.2, 0.7])]); // [0, 4]
 */
export function dropout(x: Tensor, uniform: Tensor, rate: number): Tensor {
  if (!(rate >= 0 && rate < 1)) {
    throw new RangeError(`dropout: the rate must be at least 0 and below 1, got ${rate}`);
  }
  if (!sameShape(x.shape, uniform.shape)) {
    throw new RangeError(
      `dropout: needs one random number per entry of ${formatShape(x.shape)}, got ${formatShape(uniform.shape)}`,
    );
  }
  if (rate === 0) return x;
  const kept = mul(cast(greaterOrEqual(uniform, rate), x.dtype), 1 / (1 - rate));
  return mul(x, kept);
}
