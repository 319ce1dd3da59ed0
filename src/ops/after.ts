/**
 * Tensors that wait for others: a value that changes nothing, but can be known only later.
 *
 * No part of ONNX Runtime may see through it: neither constant folding nor the removal of operators
 * without effect nor the merging of equal ones. `a < a` never holds, also for NaN, yet is not
 * simplified, and an expansion to a shape known at run time is kept. (So would a reshape be, which
 * copies nothing, but for a reshape after it: ONNX Runtime makes one of the two.)
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

/** 0 as an int64 scalar, known once all of `tensors`, floating-point and at least one, are. */
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
 * A copy of `x`, made when `zero` is known.
 *
 * @param zero int64 scalar that is 0, from {@link zeroAfter}
 */
export function after(x: Tensor, zero: Tensor): Tensor {
  return afterOp([x, zero], null)[0]!;
}
