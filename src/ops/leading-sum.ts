/**
 * Sums over the leading axes as a product with a vector of ones: `ones[R] @ x[R, C]`.
 *
 * ONNX Runtime's ReduceSum over columns takes two to six times as long on the CPU, and the
 * backward pass has many such sums (biases, norms, the K choices of a token).
 */
import { allocate } from "../graph/array.ts";
import type { Emission, Emitter } from "../graph/graph.ts";
import { type Dim, product, type Shape } from "../graph/shape.ts";

/** Emits the sum of the first input over its first `numAxes` axes; returns false if not applicable. */
export function emitLeadingSum(
  { emitter, inputs, outputs, node }: Emission<unknown>,
  numAxes: number,
  reduced: Shape,
): boolean {
  const { dtype, shape } = node.inputs[0]!;
  const rows = sizeOf(shape.slice(0, numAxes));
  const columns = sizeOf(shape.slice(numAxes));
  if (dtype !== "float32" || numAxes === shape.length) return false;
  if (rows === undefined || columns === undefined) return false;
  if (typeof rows !== "number" && typeof columns !== "number") return false;
  if (rows === 0 || columns === 0) return false; // a reshape could not infer -1

  const matrix =
    shape.length === 2
      ? inputs[0]!
      : emitter.add("Reshape", [inputs[0]!, emitter.ints([known(rows), known(columns)])]);
  const factors = [ones(emitter, rows, matrix), matrix];
  if (reduced.length === 1) {
    emitter.add("MatMul", factors, {}, { outputs }); // [C]
    return true;
  }
  const sums = emitter.add("MatMul", factors);
  emitter.add("Reshape", [sums, emitter.ints(reduced.map(known))], {}, { outputs });
  return true;
}

/** The product of dimensions, or undefined if two of them are only known at run time. */
function sizeOf(dims: Shape): Dim | undefined {
  const symbols = dims.filter((dim) => typeof dim !== "number");
  return symbols.length > 1 ? undefined : product(dims);
}

function known(dim: Dim): number {
  return typeof dim === "number" ? dim : -1;
}

function ones(emitter: Emitter, rows: Dim, matrix: string): string {
  if (typeof rows === "number") {
    const vector = allocate("float32", [rows]);
    vector.data.fill(1);
    return emitter.constant(vector);
  }
  const size = emitter.add("Shape", [matrix], { start: 0, end: 1 });
  return emitter.add("Expand", [emitter.scalar(1), size]);
}
