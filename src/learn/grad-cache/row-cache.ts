/** Memory for the rows of several micro-batches, which are compared together. */
import { allocate, type NdArray, view } from "../../graph/array.ts";
import type { TensorSpec } from "../../graph/graph.ts";
import type { BatchSpec, StepGraph } from "../step-graph.ts";

/** Prefixes of the names of rows and of their gradients. */
export const ROW = "row:";
export const ROW_GRADIENT = "row_gradient:";

/** One output of `embed`: contiguous for all micro-batches, with a view for each micro-batch. */
interface RowCache {
  readonly whole: NdArray;
  readonly parts: readonly NdArray[];
}

interface CachedRow extends RowCache {
  readonly name: string;
  /** Absent for integer rows. */
  readonly gradients?: RowCache;
}

/** Allocates memory for the rows that `graph` outputs, for `count` micro-batches. */
export function findRows({ model }: StepGraph, count: number): CachedRow[] {
  return model.outputs
    .filter(({ name }) => name.startsWith(ROW))
    .map(({ name, tensor }) => ({
      name: name.slice(ROW.length),
      ...createCache(tensor, count),
      ...(tensor.dtype === "float32" && { gradients: createCache(tensor, count) }),
    }));
}

function createCache({ dtype, shape }: TensorSpec, count: number): RowCache {
  const [rows, ...rest] = shape as readonly number[];
  const whole = allocate(dtype, [count * rows!, ...rest]);
  const bytes = whole.data.byteLength / count;
  const parts = Array.from({ length: count }, (_, i) =>
    view(dtype, [rows!, ...rest], whole.data.buffer, i * bytes),
  );
  return { whole, parts };
}

/** The rows of all micro-batches, as a batch. */
export function wholeRows(rows: readonly CachedRow[]): BatchSpec {
  return Object.fromEntries(rows.map(({ name, whole }) => [ROW + name, specOf(whole)]));
}

/** The gradients of a micro-batch's rows, as a batch. */
export function gradientSpecs(rows: readonly CachedRow[]): BatchSpec {
  return Object.fromEntries(
    rows.flatMap(({ name, gradients }) =>
      gradients ? [[ROW_GRADIENT + name, specOf(gradients.parts[0]!)]] : [],
    ),
  );
}

function specOf({ dtype, shape }: NdArray): TensorSpec {
  return { dtype, shape };
}
