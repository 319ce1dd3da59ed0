/** Repetition and stacking. ONNX: Tile, Concat. */
import { allocate } from "../graph/array.ts";
import { defineOp, type Graph, type Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { formatShape, normalizeAxis, product } from "../graph/shape.ts";
import { concat } from "./join.ts";
import { reduceSum } from "./reduce.ts";
import { reshape, unsqueeze } from "./reshape.ts";

const tileOp = defineOp<{ readonly repeats: readonly number[] }>({
  name: "tile",
  infer: ([x], { repeats }) => {
    if (repeats.length !== x!.shape.length || repeats.some((n) => !Number.isInteger(n) || n < 1)) {
      throw new RangeError(
        `needs one count of at least 1 per axis of ${formatShape(x!.shape)}, got [${repeats.join(", ")}]`,
      );
    }
    return [
      { dtype: x!.dtype, shape: x!.shape.map((dim, axis) => product([dim, repeats[axis]!])) },
    ];
  },
  emit: ({ emitter, inputs, outputs, attributes: { repeats } }) => {
    emitter.add("Tile", [inputs[0]!, emitter.ints(repeats)], {}, { outputs });
  },
  gradient: ({ inputs: [x], gradients: [dy], attributes: { repeats } }) => {
    const copies = x!.shape.flatMap((dim, axis) =>
      repeats[axis] === 1 ? [dim] : [repeats[axis]!, dim],
    );
    let next = 0;
    const summed = repeats.flatMap((count) => {
      const at = next;
      next += count === 1 ? 1 : 2;
      return count === 1 ? [] : [at];
    });
    return [reduceSum(reshape(dy!, copies), summed)];
  },
});

/**
 * Repeats `x` `repeats[axis]` times along each axis (NumPy's tile).
 *
 * @example
 * const [y] = await evaluate((x) => tile(x, [2]), [array([1, 2])]); // [1, 2, 1, 2]
 */
export function tile(x: Tensor, repeats: readonly number[]): Tensor {
  const trivial = repeats.length === x.shape.length && repeats.every((count) => count === 1);
  return trivial ? x : tileOp([x], { repeats })[0]!;
}

/**
 * Repeats each entry along `axis` `count` times in a row (PyTorch's repeat_interleave).
 *
 * @example
 * const [y] = await evaluate((x) => repeat(x, 2, 0), [array([1, 2])]); // [1, 1, 2, 2]
 */
export function repeat(x: Tensor, count: number, axis = 0): Tensor {
  const at = normalizeAxis(axis, x.shape.length);
  const spread = unsqueeze(x, at + 1);
  const copies = tile(
    spread,
    spread.shape.map((_, i) => (i === at + 1 ? count : 1)),
  );
  return reshape(copies, x.shape.with(at, product([x.shape[at]!, count])));
}

/**
 * Stacks tensors of one shape along a new `axis` (negative: counted from the end of the result).
 *
 * @example
 * const [y] = await evaluate((a, b) => stack([a, b]), [array([1, 2]), array([3, 4])]); // [[1, 2], [3, 4]]
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  return concat(
    tensors.map((tensor) => unsqueeze(tensor, axis)),
    tensors[0] === undefined ? 0 : normalizeAxis(axis, tensors[0].shape.length + 1),
  );
}

/**
 * The constant `[start, start + step, ...]` with `length` entries.
 *
 * @example
 * const [y] = await evaluate((x) => mul(arange(x.graph, 3), 1), [array([0])]); // [0, 1, 2]
 */
export function arange(
  graph: Graph,
  length: number,
  {
    start = 0,
    step = 1,
    dtype = "int64",
  }: { readonly start?: number; readonly step?: number; readonly dtype?: "int64" | "float32" } = {},
): Tensor {
  const result = allocate(dtype, [length]);
  for (let i = 0; i < length; i++) {
    const value = start + i * step;
    result.data[i] = dtype === "int64" ? BigInt(value) : value;
  }
  return constant(graph, result);
}
