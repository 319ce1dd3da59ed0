/** Masks of causal attention to the last tokens only. */
import { allocate } from "../../graph/array.ts";
import type { Graph, Tensor } from "../../graph/graph.ts";
import { constant } from "../../graph/inputs.ts";
import { lengthBias } from "../../nn/attention/kv-cache.ts";
import { add, maximum, mul, sub } from "../../ops/arithmetic.ts";
import { cast, less } from "../../ops/compare.ts";
import { reshape, unsqueeze } from "../../ops/reshape.ts";
import { arange } from "../../ops/tile.ts";
import { causalBias } from "../../ops/triangle.ts";

/** Score of a hidden key in the cache, as in `lengthBias`. */
const HIDDEN = -1e30;

/**
 * `[S, S]` float32: 0 if query `i` sees key `j`, `i - window < j <= i`, otherwise -Infinity.
 *
 * No example: `decoder` adds it to its scores.
 */
export function windowBias(graph: Graph, size: number, window = size): Tensor {
  if (window >= size) return causalBias(graph, size);
  const bias = allocate("float32", [size, size]);
  for (let i = 0; i < size; i++) {
    bias.data.fill(-Infinity, i * size, i * size + Math.max(0, i - window + 1));
    bias.data.fill(-Infinity, i * size + i + 1, (i + 1) * size);
  }
  return constant(graph, bias);
}

/**
 * `[B, 1, 1, L]`: hides the cached keys that do not exist yet, and those before the window of the token
 * at `positions` `[B]`.
 *
 * No example: `decoderStep` adds it to its scores.
 */
export function stepWindow(positions: Tensor, size: number, window?: number): Tensor {
  const later = lengthBias(positions, size);
  if (window === undefined || window >= size) return later;
  const first = maximum(sub(positions, window - 1), 0); // [B]
  const places = unsqueeze(arange(positions.graph, size), 0); // [1, L]
  const earlier = cast(less(places, unsqueeze(first, 1)), "float32"); // [B, L]
  return add(later, reshape(mul(earlier, HIDDEN), [positions.shape[0]!, 1, 1, size]));
}
