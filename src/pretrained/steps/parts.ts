/** Parts of stored tensors: where a parameter lies within them. */
import { allocate, type NdArray } from "../../graph/array.ts";
import { formatShape } from "../../graph/shape.ts";

/** A step from a stored tensor to a parameter. */
export type PartStep =
  /** `[n, ...]` to `[...]`, the entry of this expert. */
  | { readonly kind: "expert" }
  /** `[n m, ...]` to `[c m, ...]`: `count` parts of `n` along the first axis, from `index`; 1 by default. */
  | {
      readonly kind: "chunk";
      readonly index: number;
      readonly of: number;
      readonly count?: number;
    }
  /** `[..., n m]` to `[..., m]`: every `n`-th entry of the last axis, from `index`. */
  | { readonly kind: "every"; readonly index: number; readonly of: number }
  /** `[R, C]` to `[C, R]`. */
  | { readonly kind: "transpose" }
  /** `[...]` to `[1, ...]`. */
  | { readonly kind: "unsqueeze" };

/**
 * The shape after a step.
 *
 * @throws RangeError if the shape does not allow it
 */
export function shapeAfter(shape: readonly number[], step: PartStep): number[] {
  const [first, ...rest] = shape;
  const last = shape.at(-1);
  const fits = (count: number | undefined, of: number): number => {
    if (count !== undefined && count % of === 0) return count / of;
    throw new RangeError(`shape ${formatShape(shape)} cannot be cut into ${of} parts`);
  };
  switch (step.kind) {
    case "expert":
      if (first !== undefined) return rest;
      throw new RangeError("a scalar has no experts");
    case "chunk":
      return [fits(first, step.of) * (step.count ?? 1), ...rest];
    case "every":
      return [...shape.slice(0, -1), fits(last, step.of)];
    case "transpose":
      if (shape.length === 2) return [last!, first!];
      throw new RangeError(`shape ${formatShape(shape)} cannot be transposed`);
    case "unsqueeze":
      return [1, ...shape];
  }
}

/** The array after a step; parts that lie together are not copied. */
export function arrayAfter(array: NdArray, step: PartStep, expert: number): NdArray {
  const shape = shapeAfter(array.shape, step);
  const { dtype, data } = array;
  const size = shape.reduce((product, count) => product * count, 1);
  const piece = (start: number): NdArray =>
    ({ dtype, shape, data: data.subarray(start, start + size) }) as NdArray;
  switch (step.kind) {
    case "expert":
      return piece(expert * size);
    case "chunk":
      return piece((step.index * size) / (step.count ?? 1));
    case "unsqueeze":
      return { ...array, shape };
    case "every":
      return filled(array, shape, (i) => i * step.of + step.index);
    case "transpose": {
      const [rows, columns] = array.shape as [number, number];
      return filled(array, shape, (i) => (i % rows) * columns + Math.floor(i / rows));
    }
  }
}

function filled(
  { dtype, data }: NdArray,
  shape: readonly number[],
  sourceOf: (i: number) => number,
): NdArray {
  const result = allocate(dtype, shape);
  for (let i = 0; i < result.data.length; i++) result.data[i] = data[sourceOf(i)]!;
  return result;
}
