/** Joins of stored tensors: how several of them give one, before its parts are taken. */
import { allocate, type NdArray, toNumbers } from "../../graph/array.ts";
import { formatShape } from "../../graph/shape.ts";
import { mxfp4Shape, widenMxfp4 } from "./mxfp4.ts";

/** How stored tensors give one. */
export type Join =
  /** One tensor as it is. */
  | "one"
  /** Blocks and scales of MXFP4 to their numbers. */
  | "mxfp4"
  /** `[n, ...]`, `[m, ...]`, ... to `[n + m + ..., ...]`. */
  | "stack"
  /** `[1, n, D]` and `[1, m, D]` to `[1, n + m, D]`. */
  | "stack_tokens"
  /** `[n, D]` and `[m, D]` to `[n, D]`: the first row of the second is added to every row. */
  | "add_first_row"
  /** `[n, ...]` and `[n]` to `[n, ...]`: every row is multiplied by its factor. */
  | "scale_rows"
  /** `[n, ...]` to zeros `[n]`: the bias of a layer that has none. */
  | "zero_bias";

type Shapes = readonly (readonly number[])[];

/**
 * The shape of the joined tensors.
 *
 * @throws RangeError if the shapes do not fit together
 */
export function joinedShape(join: Join, shapes: Shapes): number[] {
  const [first, second] = shapes;
  const require = (fits: boolean): void => {
    if (fits) return;
    throw new RangeError(`shapes ${shapes.map(formatShape).join(" and ")} cannot be joined`);
  };
  switch (join) {
    case "one":
      return [...first!];
    case "mxfp4":
      return mxfp4Shape(first!, second!);
    case "stack": {
      const rest = first!.slice(1).join();
      require(shapes.every((shape) => shape.length > 0 && shape.slice(1).join() === rest));
      return [shapes.reduce((sum, [rows]) => sum + rows!, 0), ...first!.slice(1)];
    }
    case "stack_tokens":
      require(shapes.every(([one, , width], i) => one === 1 && shapes[i]!.length === 3 && width === first![2])); // biome-ignore format: one condition
      return [1, shapes.reduce((sum, [, rows]) => sum + rows!, 0), first![2]!];
    case "add_first_row":
      require(first!.length === 2 && second!.length === 2 && first![1] === second![1]);
      return [...first!];
    case "zero_bias":
      require(first!.length > 0);
      return [first![0]!];
    case "scale_rows":
      require(first!.length > 0 && second!.length === 1 && first![0] === second![0]);
      return [...first!];
  }
}

/** The joined tensors as float32. @throws RangeError if the shapes do not fit together */
export function joinedArray(join: Join, arrays: readonly NdArray[]): NdArray<"float32"> {
  if (join === "mxfp4") return widenMxfp4(arrays[0]!, arrays[1]!);
  const [first, second] = arrays.map(toFloat32);
  if (join === "one") return first!;
  const shape = joinedShape(join, arrays.map((array) => array.shape)); // biome-ignore format: one call
  const result = allocate("float32", shape);
  if (join === "zero_bias") return result;
  if (join === "stack" || join === "stack_tokens") {
    let at = 0;
    for (const { data } of arrays.map(toFloat32)) {
      result.data.set(data, at);
      at += data.length;
    }
    return result;
  }
  const size = result.data.length / Math.max(1, shape[0]!); // entries of a row
  for (let i = 0; i < result.data.length; i++) {
    const [value, row] = [first!.data[i]!, Math.floor(i / size)];
    result.data[i] =
      join === "scale_rows" ? value * second!.data[row]! : value + second!.data[i % size]!;
  }
  return result;
}

function toFloat32(array: NdArray): NdArray<"float32"> {
  if (array.dtype === "float32") return array as NdArray<"float32">;
  return { dtype: "float32", shape: array.shape, data: Float32Array.from(toNumbers(array)) };
}
