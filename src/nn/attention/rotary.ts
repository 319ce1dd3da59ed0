import type { Tensor } from "../../graph/graph.ts";
import { constant } from "../../graph/inputs.ts";
import { add, cos, mul, sin, sub } from "../../ops/arithmetic.ts";
import { cast } from "../../ops/compare.ts";
import { concat, slice, split } from "../../ops/join.ts";
import { reshape, squeeze, unsqueeze } from "../../ops/reshape.ts";
import { type RotaryOptions, rotaryFrequencies } from "./rotary-frequencies.ts";

/** Cosines and sines of positions, `[n, W/2]`, or of a shape that broadcasts against heads. */
export interface Rotation {
  readonly cosines: Tensor;
  readonly sines: Tensor;
}

/**
 * Cosines and sines of the angles of positions (RoFormer, arXiv:2104.09864, section 3.2).
 *
 * @param positions `[n]` int64
 * @returns `[n, W/2]` each
 * @example
 * const [y] = await evaluate((n) => rotation(n, { width: 2 }).cosines, [array([0], "int64")]); // [[1]]
 */
export function rotation(positions: Tensor, options: RotaryOptions): Rotation {
  const { frequencies, factor } = rotaryFrequencies(options);
  const places = unsqueeze(cast(positions, "float32"), 1); // [n, 1]
  const angles = mul(places, constant(positions.graph, [[...frequencies]])); // [n, W/2]
  const scaled = (x: Tensor): Tensor => (factor === 1 ? x : mul(x, factor));
  return { cosines: scaled(cos(angles)), sines: scaled(sin(angles)) };
}

/**
 * Rotates pairs of the first `W` features of heads; the others stay as they are.
 *
 * Pair `i` is the features `i` and `i + W/2` (GPT-NeoX, Llama), or `2i` and `2i + 1` if `interleaved`
 * (RoFormer, GPT-J): `(a cos - b sin, b cos + a sin)`.
 *
 * @param x `[..., D]`
 * @param rotation of a shape that broadcasts against `[..., W/2]`
 * @example
 * const quarter = (x) => rotate(x, { cosines: constant(x.graph, [0]), sines: constant(x.graph, [1]) });
 * const [y] = await evaluate(quarter, [array([[1, 2]])]); // [[-2, 1]]
 */
export function rotate(
  x: Tensor,
  { cosines, sines }: Rotation,
  { interleaved = false }: { readonly interleaved?: boolean } = {},
): Tensor {
  const width = 2 * (cosines.shape.at(-1) as number);
  const all = x.shape.at(-1) as number;
  const rotated = width === all ? x : slice(x, -1, 0, width);
  const [a, b] = interleaved ? alternating(rotated) : (split(rotated, 2, -1) as [Tensor, Tensor]);
  const pair = [sub(mul(a, cosines), mul(b, sines)), add(mul(b, cosines), mul(a, sines))];
  const turned = interleaved
    ? reshape(concat(pair.map((part) => unsqueeze(part, -1)), -1), rotated.shape) // biome-ignore format: one expression
    : concat(pair, -1);
  return width === all ? turned : concat([turned, slice(x, -1, width)], -1);
}

/** Even and odd features. */
function alternating(x: Tensor): [Tensor, Tensor] {
  const pairs = reshape(x, [...x.shape.slice(0, -1), (x.shape.at(-1) as number) / 2, 2]);
  const [even, odd] = split(pairs, 2, -1) as [Tensor, Tensor];
  return [squeeze(even, -1), squeeze(odd, -1)];
}
