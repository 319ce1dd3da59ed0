/**
 * Scheduling dependencies: an operation that does not change a value but delays when it is available.
 * ONNX Runtime must not remove it by constant folding, elimination of operators without effect, or
 * merging of equal operators. `a < a` is always false, also for NaN, yet is not simplified, and an
 * expansion to a run-time shape is kept. (A reshape would be kept too, without a copy, unless
 * another reshape follows: ONNX Runtime merges the two.)
 */
import { defineOp, type Tensor } from "../graph/graph.ts";
import { isStatic } from "../graph/shape.ts";
import { add } from "./arithmetic.ts";

const zeroOp = defineOp<null>({
  name: "zero_after",
  infer: () => [{ dtype: "int64", shape: [] }],
  emit: ({ emitter, inputs: [x], outputs, node }) => {
    const rank = node.inputs[0]!.shape.length;
    const ends = [0, 1].map((n) => emitter.ints(Array.from({ length: rank }, () => n)));
    const first = rank === 0 ? x! : emitter.add("Slice", [x!, ...ends]); // one entry, or none
    const never = emitter.add("Less", [first, first]);
    const zeros = emitter.add("Cast", [never], { to: 7 });
    emitter.add("ReduceSum", [zeros], { keepdims: 0 }, { outputs });
  },
  gradient: () => [],
});

/** An int64 scalar 0 that is available once all of `tensors` are (floating-point, at least one). */
export function zeroAfter(tensors: readonly Tensor[]): Tensor {
  return tensors.map((tensor) => zeroOp([tensor], null)[0]!).reduce((sum, zero) => add(sum, zero));
}

const afterOp = defineOp<null>({
  name: "after",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit: ({ emitter, inputs: [x, zero], outputs, node }) => {
    const [{ shape }] = node.inputs as [Tensor, Tensor];
    const sizes = isStatic(shape) ? emitter.ints(shape) : emitter.add("Shape", [x!]);
    const later = emitter.add("Add", [sizes, zero!]);
    emitter.add("Expand", [x!, later], {}, { outputs });
  },
  gradient: ({ gradients: [dy] }) => [dy],
});

/**
 * A copy of `x` that is made once `zero` is available.
 *
 * @param zero int64 scalar that is 0, from {@link zeroAfter}
 */
export function after(x: Tensor, zero: Tensor): Tensor {
  return afterOp([x, zero], null)[0]!;
}
