/** Reading and writing by index. ONNX: Gather, GatherElements, ScatterND, ScatterElements. */
import { defineOp, type Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { formatShape, normalizeAxis, sameShape } from "../graph/shape.ts";
import { expand, squeeze, transpose, unsqueeze } from "./reshape.ts";

/**
 * Zeros of the shape and type of `x`.
 *
 * @example
 * const [y] = await evaluate(zerosLike, [array([3, 4])]); // [0, 0]
 */
export function zerosLike(x: Tensor): Tensor {
  return expand(constant(x.graph, 0, x.dtype), x);
}

/**
 * Ones of the shape and type of `x`.
 *
 * @example
 * const [y] = await evaluate(onesLike, [array([3, 4])]); // [1, 1]
 */
export function onesLike(x: Tensor): Tensor {
  return expand(constant(x.graph, 1, x.dtype), x);
}

const gatherOp = defineOp<{ readonly axis: number }>({
  name: "gather",
  selects: true,
  infer: ([x, indices], { axis }) => [
    { dtype: x!.dtype, shape: x!.shape.toSpliced(axis, 1, ...indices!.shape) },
  ],
  emit: ({ emitter, inputs, outputs, attributes: { axis } }) => {
    emitter.add("Gather", inputs, { axis }, { outputs });
  },
  gradient: ({ inputs: [x, indices], gradients: [dy], attributes: { axis } }) => {
    const rank = x!.shape.length;
    const indexRank = indices!.shape.length;
    const toFront = [axis, ...range(0, axis), ...range(axis + 1, rank)];
    const indexFront = [
      ...range(axis, axis + indexRank),
      ...range(0, axis),
      ...range(axis + indexRank, dy!.shape.length),
    ];
    const zeros = transpose(zerosLike(x!), toFront);
    const rows = scatterRowsAdd(zeros, indices!, transpose(dy!, indexFront));
    return [
      transpose(
        rows,
        toFront.map((_, i) => toFront.indexOf(i)),
      ),
    ];
  },
});

/**
 * Entries of `x` along `axis` at `indices`, for example rows of an embedding table.
 *
 * @param indices int64 or int32 of any shape; negative ones count from the end
 * @returns the shape of `x` with `axis` replaced by the shape of `indices`
 * @example
 * const [y] = await evaluate((x, i) => gather(x, i), [array([[1, 2], [3, 4]]), array([1, 1], "int64")]); // [[3, 4], [3, 4]]
 */
export function gather(x: Tensor, indices: Tensor, axis = 0): Tensor {
  return gatherOp([x, indices], { axis: normalizeAxis(axis, x.shape.length) })[0]!;
}

const scatterRowsOp = defineOp<null>({
  name: "scatter_rows_add",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit: ({ emitter, inputs, outputs }) => {
    emitter.add("ScatterND", inputs, { reduction: "add" }, { outputs });
  },
  gradient: ({ inputs: [, indices], gradients: [dy] }) => [
    dy,
    undefined,
    gather(dy!, squeeze(indices!, -1)),
  ],
});

/**
 * `x` with `updates[i]` added to its row `indices[i]`; repeated indices accumulate.
 *
 * @example
 * const [ids, rows] = [array([1, 1], "int64"), array([[1], [5]])];
 * await evaluate((x, i, u) => scatterRowsAdd(x, i, u), [array([[0], [0]]), ids, rows]); // [[[0], [6]]]
 */
export function scatterRowsAdd(x: Tensor, indices: Tensor, updates: Tensor): Tensor {
  return scatterRowsOp([x, unsqueeze(indices, -1), updates], null)[0]!;
}

const takeAlongOp = defineOp<{ readonly axis: number }>({
  name: "take_along",
  infer: ([x, indices], { axis }) => {
    const [a, b] = [x!.shape.toSpliced(axis, 1), indices!.shape.toSpliced(axis, 1)];
    if (x!.shape.length !== indices!.shape.length || !sameShape(a, b)) {
      throw new RangeError(
        `indices ${formatShape(indices!.shape)} must match ${formatShape(x!.shape)} except for axis ${axis}`,
      );
    }
    return [{ dtype: x!.dtype, shape: indices!.shape }];
  },
  emit: ({ emitter, inputs, outputs, attributes: { axis } }) => {
    emitter.add("GatherElements", inputs, { axis }, { outputs });
  },
  gradient: ({ inputs: [x, indices], gradients: [dy], attributes: { axis } }) => [
    scatterAdd(zerosLike(x!), indices!, dy!, axis),
  ],
});

/**
 * `y[i][j] = x[i][indices[i][j]]` along `axis`, NumPy's take_along_axis.
 *
 * @example
 * const [y] = await evaluate((x, i) => takeAlong(x, i), [array([[1, 2], [3, 4]]), array([[1], [0]], "int64")]); // [[2], [3]]
 */
export function takeAlong(x: Tensor, indices: Tensor, axis = -1): Tensor {
  return takeAlongOp([x, indices], { axis: normalizeAxis(axis, x.shape.length) })[0]!;
}

const scatterAddOp = defineOp<{ readonly axis: number }>({
  name: "scatter_add",
  infer: ([x, indices, updates]) => {
    if (!sameShape(indices!.shape, updates!.shape)) {
      throw new RangeError(
        `indices ${formatShape(indices!.shape)} and updates ${formatShape(updates!.shape)} must have one shape`,
      );
    }
    return [{ dtype: x!.dtype, shape: x!.shape }];
  },
  emit: ({ emitter, inputs, outputs, attributes: { axis } }) => {
    emitter.add("ScatterElements", inputs, { axis, reduction: "add" }, { outputs });
  },
  gradient: ({ inputs: [, indices], gradients: [dy], attributes: { axis } }) => [
    dy,
    undefined,
    takeAlong(dy!, indices!, axis),
  ],
});

/**
 * `x` with `updates` added at `indices` along `axis`; repeated indices accumulate.
 *
 * @example
 * const [ids, updates] = [array([0, 0], "int64"), array([1, 5])];
 * await evaluate((x, i, u) => scatterAdd(x, i, u), [array([0, 0]), ids, updates]); // [[6, 0]]
 */
export function scatterAdd(x: Tensor, indices: Tensor, updates: Tensor, axis = -1): Tensor {
  return scatterAddOp([x, indices, updates], { axis: normalizeAxis(axis, x.shape.length) })[0]!;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
