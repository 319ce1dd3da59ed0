/**
 * Reshape, transpose, expand and squeeze; also the sum, because it is the gradient of `expand`, and
 * `expand` is the gradient of the sum.
 */
import { defineOp, type Tensor, type TensorSpec } from "../graph/graph.ts";
import {
  broadcastShapes,
  type Dim,
  divideDim,
  formatShape,
  isStatic,
  normalizeAxis,
  product,
  type Shape,
  sameDim,
  sameShape,
} from "../graph/shape.ts";
import { emitLeadingSum } from "./leading-sum.ts";
import { emitShape } from "./run-time-shape.ts";

const reshapeOp = defineOp<{ readonly shape: Shape }>({
  name: "reshape",
  infer: ([x], { shape }) => {
    if (!sameDim(product(x!.shape), product(shape))) {
      throw new RangeError(`cannot turn ${formatShape(x!.shape)} into ${formatShape(shape)}`);
    }
    return [{ dtype: x!.dtype, shape }];
  },
  emit: (emission) => {
    const { attributes, emitter, inputs, outputs } = emission;
    const shape = emitShape(emission, attributes.shape);
    const allowZero = attributes.shape.includes(0) ? { allowzero: 1 } : {}; // otherwise 0 means "keep"
    emitter.add("Reshape", [inputs[0]!, shape], allowZero, { outputs });
  },
  gradient: ({ inputs: [x], gradients: [dy] }) => [reshape(dy!, x!.shape)],
});

/**
 * The same entries in another shape; one dimension may be -1 and is inferred.
 *
 * @example
 * const [y] = await evaluate((x) => reshape(x, [2, -1]), [array([1, 2, 3, 4])]); // [[1, 2], [3, 4]]
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const unknown = shape.indexOf(-1);
  const solved: Dim[] = [...shape];
  if (unknown >= 0) {
    solved[unknown] = divideDim(product(x.shape), product(shape.filter((_, i) => i !== unknown)));
  }
  if (sameShape(x.shape, solved)) return x;
  if (x.node.op.name === "expand" && isStatic(solved)) {
    // A single repeated entry stays single, because the next operator may broadcast it.
    const [source] = x.node.inputs;
    const fits = isStatic(x.shape) && sameDim(product(x.shape), product(solved));
    if (fits && product(source!.shape) === 1) return expand(reshape(source!, []), solved);
  }
  return reshapeOp([x], { shape: solved })[0]!;
}

/**
 * `x` without the axis `axis`, which must have size 1.
 *
 * @throws RangeError if the axis does not have size 1
 *
 * @example
 * const [y] = await evaluate((x) => squeeze(x, 0), [array([[1, 2]])]); // [1, 2]
 */
export function squeeze(x: Tensor, axis: number): Tensor {
  const at = normalizeAxis(axis, x.shape.length);
  if (x.shape[at] !== 1) {
    throw new RangeError(`squeeze: axis ${axis} of ${formatShape(x.shape)} is not of size 1`);
  }
  return reshape(x, x.shape.toSpliced(at, 1));
}

/**
 * `x` with a new axis of size 1 before `axis` (negative: counted from the end of the result).
 *
 * @example
 * const [y] = await evaluate((x) => unsqueeze(x, 1), [array([1, 2])]); // [[1], [2]]
 */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  return reshape(x, x.shape.toSpliced(normalizeAxis(axis, x.shape.length + 1), 0, 1));
}

const transposeOp = defineOp<{ readonly permutation: readonly number[] }>({
  name: "transpose",
  infer: ([x], { permutation }) => [
    { dtype: x!.dtype, shape: permutation.map((axis) => x!.shape[axis]!) },
  ],
  emit: ({ emitter, inputs, outputs, attributes: { permutation } }) => {
    emitter.add("Transpose", inputs, { perm: permutation }, { outputs });
  },
  gradient: ({ gradients: [dy], attributes: { permutation } }) => [
    transpose(
      dy!,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
});

/**
 * Axes in another order; by default reversed. `y.shape[i] = x.shape[permutation[i]]`.
 *
 * @throws RangeError if the permutation is invalid
 *
 * @example
 * const [y] = await evaluate((x) => transpose(x), [array([[1, 2]])]); // [[1], [2]]
 */
export function transpose(
  x: Tensor,
  permutation: readonly number[] = x.shape.map((_, axis) => x.shape.length - 1 - axis),
): Tensor {
  const sorted = [...permutation].sort((a, b) => a - b);
  if (sorted.length !== x.shape.length || sorted.some((axis, i) => axis !== i)) {
    throw new RangeError(
      `transpose: [${permutation.join(", ")}] does not reorder the axes of ${formatShape(x.shape)}`,
    );
  }
  return permutation.every((axis, i) => axis === i) ? x : transposeOp([x], { permutation })[0]!;
}

const expandOp = defineOp<{ readonly shape: Shape }>({
  name: "expand",
  shapeInputs: 1,
  infer: ([x], { shape }) => {
    if (!sameShape(broadcastShapes(x!.shape, shape), shape)) {
      throw new RangeError(`cannot expand ${formatShape(x!.shape)} to ${formatShape(shape)}`);
    }
    return [{ dtype: x!.dtype, shape }];
  },
  emit: ({ emitter, inputs, outputs, attributes: { shape } }) => {
    const target = isStatic(shape) ? emitter.ints(shape) : emitter.add("Shape", [inputs[1]!]);
    emitter.add("Expand", [inputs[0]!, target], {}, { outputs });
  },
  gradient: ({ inputs: [x], gradients: [dy] }) => [unbroadcast(dy!, x!.shape)],
});

/**
 * `x` expanded to the shape of `expanded`, a result of `expand`, which is not computed for this.
 *
 * @example
 * const [y] = await evaluate((x, row) => expandAs(x, expand(row, [2, 2])), [array([[1], [2]]), array([[0, 0]])]); // [[1, 1], [2, 2]]
 */
export function expandAs(x: Tensor, expanded: Tensor): Tensor {
  const [, like] = expanded.node.inputs;
  return expand(x, like ?? (expanded.shape as readonly number[]));
}

/**
 * `x` repeated along its axes of size 1 to `to`: a shape of integers, or a tensor of that shape.
 *
 * @example
 * const [y] = await evaluate((x) => expand(x, [2, 2]), [array([[1], [2]])]); // [[1, 1], [2, 2]]
 */
export function expand(x: Tensor, to: Tensor | readonly number[]): Tensor {
  const like = "shape" in to ? to : undefined;
  const shape: Shape = like?.shape ?? (to as readonly number[]);
  if (sameShape(x.shape, shape)) return x;
  return expandOp(like === undefined || isStatic(shape) ? [x] : [x, like], { shape })[0]!;
}

/** Sums `gradient` over the axes along which an operand of `shape` was broadcast. */
export function unbroadcast(gradient: Tensor, shape: Shape): Tensor {
  const extra = gradient.shape.length - shape.length;
  const stretched = (dim: Dim, axis: number): boolean =>
    axis < extra || (shape[axis - extra] === 1 && !sameDim(dim, 1));
  const axes = gradient.shape.flatMap((dim, axis) => (stretched(dim, axis) ? [axis] : []));
  const summed = axes.length === 0 ? gradient : reduceSum(gradient, axes, { keepDims: true });
  return extra === 0 ? summed : reshape(summed, shape);
}

export interface ReduceOptions {
  /** Keeps reduced axes with size 1. Default false. */
  readonly keepDims?: boolean;
}

export interface ReduceAttributes {
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

function reducedShape(shape: Shape, { axes, keepDims }: ReduceAttributes): Shape {
  const kept = shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  return keepDims ? kept : kept.filter((_, axis) => !axes.includes(axis));
}

/** `y` with its reduced axes restored as size 1, so that it broadcasts against the input. */
function keptShape(x: TensorSpec, { axes }: ReduceAttributes): Shape {
  return reducedShape(x.shape, { axes, keepDims: true });
}

type ReduceGradient = (dy: Tensor, x: Tensor, y: Tensor, attributes: ReduceAttributes) => Tensor;

/** Declares a reduction whose gradient is a function of dy, x and y, with reduced axes of size 1. */
export function reduction(
  name: string,
  opType: string,
  gradient: ReduceGradient,
): (x: Tensor, axes?: number | readonly number[], options?: ReduceOptions) => Tensor {
  const apply = defineOp<ReduceAttributes>({
    name,
    infer: ([x], attributes) => [{ dtype: x!.dtype, shape: reducedShape(x!.shape, attributes) }],
    emit: (emission) => {
      const { emitter, inputs, outputs, attributes, node } = emission;
      const { axes, keepDims } = attributes;
      const leading = opType === "ReduceSum" && axes.every((axis, i) => axis === i);
      const reduced = node.outputs[0]!.shape;
      if (leading && emitLeadingSum(emission, axes.length, reduced)) return;
      emitter.add(
        opType,
        [inputs[0]!, emitter.ints(axes)],
        { keepdims: Number(keepDims) },
        { outputs },
      );
    },
    gradient: ({ inputs: [x], outputs: [y], gradients: [dy], attributes }) => {
      const kept = keptShape(x!, attributes);
      return [gradient(reshape(dy!, kept), x!, reshape(y!, kept), attributes)];
    },
  });
  return (x, axes = x.shape.map((_, axis) => axis), { keepDims = false } = {}) => {
    const rank = x.shape.length;
    const list = (typeof axes === "number" ? [axes] : axes).map((a) => normalizeAxis(a, rank));
    return list.length === 0 ? x : apply([x], { axes: list, keepDims })[0]!;
  };
}

/**
 * Sum over `axes` (all by default).
 *
 * @example
 * const [y] = await evaluate((x) => reduceSum(x, 1), [array([[1, 2], [3, 4]])]); // [3, 7]
 */
export const reduceSum: (
  x: Tensor,
  axes?: number | readonly number[],
  options?: ReduceOptions,
) => Tensor = reduction("sum", "ReduceSum", (dy, x) => expand(dy, x));
