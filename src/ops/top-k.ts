/** Order along an axis. ONNX: TopK, ArgMax. Ties go to the lower index. */
import { defineOp, type Tensor } from "../graph/graph.ts";
import { type Dim, formatDim, normalizeAxis } from "../graph/shape.ts";
import { scatterAdd, zerosLike } from "./gather.ts";

interface TopKAttributes {
  /** Symbolic only if it is the size of the axis. */
  readonly k: Dim;
  readonly axis: number;
  readonly largest: boolean;
}

const topKOp = defineOp<TopKAttributes>({
  name: "top_k",
  infer: ([x], { k, axis }) => {
    const size = x!.shape[axis]!;
    if (typeof k === "number" && (k < 1 || (typeof size === "number" && k > size))) {
      throw new RangeError(`k must be between 1 and ${formatDim(size)}, got ${k}`);
    }
    const shape = x!.shape.with(axis, k);
    return [
      { dtype: x!.dtype, shape },
      { dtype: "int64", shape },
    ];
  },
  emit: ({ emitter, inputs, outputs, attributes: { k, axis, largest } }) => {
    const count =
      typeof k === "number"
        ? emitter.ints([k])
        : emitter.add("Gather", [emitter.add("Shape", inputs), emitter.ints([axis])]);
    emitter.add("TopK", [inputs[0]!, count], { axis, largest: Number(largest) }, { outputs });
  },
  gradient: ({ inputs: [x], outputs: [, indices], gradients: [dy], attributes: { axis } }) => [
    dy && scatterAdd(zerosLike(x!), indices!, dy, axis),
  ],
});

/**
 * The `k` largest (or smallest) entries along `axis`, in order, and their indices (int64).
 *
 * Ties go to the lower index.
 *
 * @example
 * const [y] = await evaluate((x) => topK(x, 2).values, [array([1, 3, 2])]); // [3, 2]
 */
export function topK(
  x: Tensor,
  k: number,
  { axis = -1, largest = true }: { readonly axis?: number; readonly largest?: boolean } = {},
): { values: Tensor; indices: Tensor } {
  const at = normalizeAxis(axis, x.shape.length);
  const [values, indices] = topKOp([x], { k, axis: at, largest });
  return { values: values!, indices: indices! };
}

/**
 * All entries along `axis` in order, and their original indices; stable.
 *
 * @example
 * const [y] = await evaluate((x) => sort(x).values, [array([3, 1, 2])]); // [1, 2, 3]
 */
export function sort(
  x: Tensor,
  { axis = -1, descending = false }: { readonly axis?: number; readonly descending?: boolean } = {},
): { values: Tensor; indices: Tensor } {
  const at = normalizeAxis(axis, x.shape.length);
  const [values, indices] = topKOp([x], { k: x.shape[at]!, axis: at, largest: descending });
  return { values: values!, indices: indices! };
}

const argMaxOp = defineOp<{ readonly axis: number }>({
  name: "arg_max",
  infer: ([x], { axis }) => [{ dtype: "int64", shape: x!.shape.toSpliced(axis, 1) }],
  emit: ({ emitter, inputs, outputs, attributes: { axis } }) => {
    emitter.add("ArgMax", inputs, { axis, keepdims: 0 }, { outputs });
  },
  gradient: () => [],
});

/**
 * Index of the largest entry along `axis`; ties go to the first.
 *
 * @example
 * const [y] = await evaluate((x) => argMax(x), [array([1, 3, 2])]); // 1
 */
export function argMax(x: Tensor, axis = -1): Tensor {
  return argMaxOp([x], { axis: normalizeAxis(axis, x.shape.length) })[0]!;
}
