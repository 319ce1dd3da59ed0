/** Memory for what the samples of several micro-batches contribute to one comparison. */
import { allocate, type NdArray, view } from "../../graph/array.ts";
import type { TensorSpec } from "../../graph/graph.ts";
import type { BatchSpec, StepGraph } from "../step-graph.ts";

/** Names of rows between graphs, and of their gradients, begin with these. */
export const ROW = "row:";
export const ROW_GRADIENT = "row_gradient:";

/** What `embed` gives under one name: for all micro-batches one after the other, and for each. */
interface RowCache {
  readonly whole: NdArray;
  readonly parts: readonly NdArray[];
}

interface CachedRow extends RowCache {
  readonly name: string;
  /** Absent for integers. */
  readonly gradients?: RowCache;
}

/** Memory for the outputs of `graph` that are rows, of `count` micro-batches. */
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
