/** Sizes that are known only at run time, as tensors. */
import { defineOp, type Emission, type Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { type Dim, isStatic, product } from "../graph/shape.ts";

const countOp = defineOp<{ readonly axes: readonly number[] }>({
  name: "element_count",
  infer: () => [{ dtype: "float32", shape: [] }],
  emit: ({ emitter, inputs, outputs, attributes: { axes } }) => {
    const shape = emitter.add("Shape", inputs);
    const sizes = emitter.add("Gather", [shape, emitter.ints(axes)]);
    const total = emitter.add("ReduceProd", [sizes], { keepdims: 0 });
    emitter.add("Cast", [total], { to: 1 }, { outputs });
  },
  gradient: () => [],
});

/** Number of entries of `x` along `axes`, as a float32 scalar. */
export function elementCountOf(x: Tensor, axes: readonly number[]): Tensor {
  const dims = axes.map((axis) => x.shape[axis]!);
  if (isStatic(dims)) return constant(x.graph, product(dims) as number, "float32");
  return countOp([x], { axes })[0]!;
}

/**
 * Emits the run-time value of a shape as an int64 vector.
 *
 * A single symbolic dimension becomes -1, which Reshape infers from the number of elements. Expand does
 * not support it; for Expand, `like` is a tensor of this shape.
 *
 * @throws RangeError if several dimensions must be inferred
 */
export function emitShape(emission: Emission<unknown>, shape: readonly Dim[]): string {
  const symbols = shape.filter((dim) => typeof dim !== "number").length;
  if (symbols > 1) throw new RangeError("a reshape can infer only one run-time dimension");
  return emission.emitter.ints(shape.map((dim) => (typeof dim === "number" ? dim : -1)));
}
