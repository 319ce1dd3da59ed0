/** Classes as vectors. ONNX: OneHot. */
import { array, type DType } from "../graph/array.ts";
import { defineOp, type Tensor } from "../graph/graph.ts";
import { normalizeAxis } from "../graph/shape.ts";

const oneHotOp = defineOp<{
  readonly numClasses: number;
  readonly axis: number;
  readonly dtype: DType;
}>({
  name: "one_hot",
  infer: ([indices], { numClasses, axis, dtype }) => {
    if (indices!.dtype !== "int64" || !(numClasses >= 1)) {
      throw new TypeError(
        `needs int64 indices and at least one class, got ${indices!.dtype} and ${numClasses}`,
      );
    }
    return [{ dtype, shape: indices!.shape.toSpliced(axis, 0, numClasses) }];
  },
  emit: ({ emitter, inputs, outputs, attributes: { numClasses, axis, dtype } }) => {
    const offOn = emitter.constant(array([0, 1], dtype));
    emitter.add("OneHot", [inputs[0]!, emitter.ints([numClasses]), offOn], { axis }, { outputs });
  },
  gradient: () => [],
});

/**
 * 1 if the position along the new `axis` equals the index, otherwise 0.
 *
 * @param indices int64; indices outside 0 to `numClasses` - 1 give zeros, except negative ones from
 * `-numClasses`, which count from the end
 * @example
 * const [y] = await evaluate((i) => oneHot(i, 3), [array([2, 0], "int64")]); // [[0, 0, 1], [1, 0, 0]]
 */
export function oneHot(
  indices: Tensor,
  numClasses: number,
  {
    axis = -1,
    dtype = "float32",
  }: { readonly axis?: number; readonly dtype?: "float32" | "int64" } = {},
): Tensor {
  const at = normalizeAxis(axis, indices.shape.length + 1);
  return oneHotOp([indices], { numClasses, axis: at, dtype })[0]!;
}
