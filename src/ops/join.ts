/** Splitting and joining tensors. ONNX: Concat, Split, Slice, Pad. */
import { array } from "../graph/array.ts";
import { defineOp, type Tensor, type TensorSpec } from "../graph/graph.ts";
import {
  type Dim,
  divideDim,
  formatShape,
  normalizeAxis,
  type Shape,
  sameShape,
  sum,
} from "../graph/shape.ts";
import { requireSameDType } from "./elementwise.ts";
import { zerosLike } from "./gather.ts";

const concatOp = defineOp<{ readonly axis: number }>({
  name: "concat",
  infer: (inputs, { axis }) => {
    const rest = inputs.map(({ shape }) => shape.toSpliced(axis, 1));
    if (rest.some((shape) => !sameShape(shape, rest[0]!))) {
      throw new RangeError(
        `shapes must match except for axis ${axis}, got ${inputs.map((i) => formatShape(i.shape)).join(", ")}`,
      );
    }
    const total = sum(inputs.map(({ shape }) => shape[axis]!));
    return [{ dtype: requireSameDType(inputs), shape: inputs[0]!.shape.with(axis, total) }];
  },
  emit: ({ emitter, inputs, outputs, attributes: { axis } }) => {
    emitter.add("Concat", inputs, { axis }, { outputs });
  },
  gradient: ({ inputs, gradients: [dy], attributes: { axis } }) =>
    split(
      dy!,
      inputs.map(({ shape }) => shape[axis]!),
      axis,
    ),
});

/**
 * Concatenates tensors along `axis`.
 *
 * @throws RangeError without tensors
 *
 * @example
 * const [y] = await evaluate((a, b) => concat([a, b]), [array([1]), array([2, 3])]); // [1, 2, 3]
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const [first] = tensors;
  if (first === undefined) throw new RangeError("concat: needs at least one tensor");
  if (tensors.length === 1) return first;
  return concatOp(tensors, { axis: normalizeAxis(axis, first.shape.length) })[0]!;
}

const splitOp = defineOp<{ readonly sizes: readonly Dim[]; readonly axis: number }>({
  name: "split",
  infer: ([x], { sizes, axis }) => {
    const rest = divideCheck(x!, sizes, axis);
    return sizes.map((size): TensorSpec => ({ dtype: x!.dtype, shape: rest.with(axis, size) }));
  },
  emit: ({ emitter, inputs, outputs, attributes: { sizes, axis } }) => {
    if (sizes.every((size) => typeof size === "number")) {
      emitter.add("Split", [inputs[0]!, emitter.ints(sizes as number[])], { axis }, { outputs });
    } else {
      // Equal parts of a run-time size; `split` rejects other sizes.
      emitter.add("Split", [inputs[0]!], { axis, num_outputs: sizes.length }, { outputs });
    }
  },
  gradient: ({ outputs, gradients, attributes: { axis } }) => [
    concat(
      outputs.map((output, i) => gradients[i] ?? zerosLike(output)),
      axis,
    ),
  ],
});

function divideCheck(x: TensorSpec, sizes: readonly Dim[], axis: number): Shape {
  const total = sum(sizes);
  if (!sameShape([total], [x.shape[axis]!])) {
    throw new RangeError(
      `sizes ${formatShape(sizes)} do not add up to axis ${axis} of ${formatShape(x.shape)}`,
    );
  }
  return x.shape;
}

/**
 * Splits `x` along `axis` into parts of the given sizes, or into a number of equal parts.
 *
 * A run-time axis can only be split into equal parts.
 *
 * @example
 * const [y] = await evaluate((x) => split(x, [1, 2])[1], [array([1, 2, 3])]); // [2, 3]
 */
export function split(x: Tensor, parts: number | readonly Dim[], axis = -1): Tensor[] {
  const at = normalizeAxis(axis, x.shape.length);
  const sizes =
    typeof parts === "number"
      ? Array.from({ length: parts }, () => divideDim(x.shape[at]!, parts))
      : parts;
  return sizes.length === 1 ? [x] : [...splitOp([x], { sizes, axis: at })];
}

interface SliceAttributes {
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

const sliceOp = defineOp<SliceAttributes>({
  name: "slice",
  infer: ([x], { axis, start, end }) => {
    const size = x!.shape[axis]!;
    if (typeof size !== "number" || start < 0 || end > size || start > end) {
      throw new RangeError(
        `cannot take ${start}..${end} of axis ${axis} of ${formatShape(x!.shape)}`,
      );
    }
    return [{ dtype: x!.dtype, shape: x!.shape.with(axis, end - start) }];
  },
  emit: ({ emitter, inputs, outputs, attributes: { axis, start, end } }) => {
    const [starts, ends, axes] = [start, end, axis].map((n) => emitter.ints([n]));
    emitter.add("Slice", [inputs[0]!, starts!, ends!, axes!], {}, { outputs });
  },
  gradient: ({ inputs: [x], gradients: [dy], attributes: { axis, start, end } }) => [
    pad(dy!, axis, start, (x!.shape[axis] as number) - end),
  ],
});

/**
 * Entries `start` to `end` (exclusive; negative: from the end) along an axis of fixed size.
 *
 * @throws RangeError if the axis has no fixed size
 *
 * @example
 * const [y] = await evaluate((x) => slice(x, 0, 1), [array([1, 2, 3])]); // [2, 3]
 */
export function slice(x: Tensor, axis: number, start: number, end?: number): Tensor {
  const at = normalizeAxis(axis, x.shape.length);
  const size = x.shape[at]!;
  if (typeof size !== "number") throw new RangeError("slice: the axis needs a fixed size");
  const absolute = (position: number) => (position < 0 ? position + size : position);
  const range = { start: absolute(start), end: absolute(end ?? size) };
  return range.start === 0 && range.end === size ? x : sliceOp([x], { axis: at, ...range })[0]!;
}

interface PadAttributes {
  readonly axis: number;
  readonly before: number;
  readonly after: number;
  readonly value: number;
}

const padOp = defineOp<PadAttributes>({
  name: "pad",
  infer: ([x], { axis, before, after }) => {
    const size = x!.shape[axis]!;
    if (typeof size !== "number" || before < 0 || after < 0) {
      throw new RangeError(
        `cannot pad axis ${axis} of ${formatShape(x!.shape)} by ${before} and ${after}`,
      );
    }
    return [{ dtype: x!.dtype, shape: x!.shape.with(axis, size + before + after) }];
  },
  emit: ({ emitter, inputs, outputs, attributes: { axis, before, after, value }, node }) => {
    const widths = emitter.ints([before, after]);
    const filler = emitter.constant(array(value, node.inputs[0]!.dtype));
    emitter.add("Pad", [inputs[0]!, widths, filler, emitter.ints([axis])], {}, { outputs });
  },
  gradient: ({ inputs: [x], gradients: [dy], attributes: { axis, before } }) => [
    slice(dy!, axis, before, before + (x!.shape[axis] as number)),
  ],
});

/**
 * `x` with `before` and `after` entries of `value` added at the ends of a fixed-size axis.
 *
 * @example
 * const [y] = await evaluate((x) => pad(x, 0, 1, 2), [array([5])]); // [0, 5, 0, 0]
 */
export function pad(x: Tensor, axis: number, before: number, after: number, value = 0): Tensor {
  if (before === 0 && after === 0) return x;
  const at = normalizeAxis(axis, x.shape.length);
  return padOp([x], { axis: at, before, after, value })[0]!;
}
