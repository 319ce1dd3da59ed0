/** Running sums and reversal along an axis. ONNX: CumSum, Slice with step -1. */
import { array } from "../graph/array.ts";
import { defineOp, type Tensor } from "../graph/graph.ts";
import { normalizeAxis } from "../graph/shape.ts";

export interface CumulativeSumOptions {
  /** Excludes each entry from its own sum. Default false. */
  readonly exclusive?: boolean;
  /** Sums from the end. Default false. */
  readonly reverse?: boolean;
}

const cumulativeSumOp = defineOp<Required<CumulativeSumOptions> & { readonly axis: number }>({
  name: "cumulative_sum",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit: ({ emitter, inputs, outputs, attributes: { axis, exclusive, reverse } }) => {
    emitter.add(
      "CumSum",
      [inputs[0]!, emitter.constant(array(axis, "int64"))],
      { exclusive: Number(exclusive), reverse: Number(reverse) },
      { outputs },
    );
  },
  gradient: ({ gradients: [dy], attributes: { axis, exclusive, reverse } }) => [
    cumulativeSum(dy!, axis, { exclusive, reverse: !reverse }),
  ],
});

/**
 * `y[i] = x[0] + ... + x[i]` along `axis` (the last by default).
 *
 * @example
 * const [y] = await evaluate((x) => cumulativeSum(x), [array([1, 2, 3])]); // [1, 3, 6]
 */
export function cumulativeSum(
  x: Tensor,
  axis = -1,
  { exclusive = false, reverse = false }: CumulativeSumOptions = {},
): Tensor {
  return cumulativeSumOp([x], {
    axis: normalizeAxis(axis, x.shape.length),
    exclusive,
    reverse,
  })[0]!;
}

const flipOp = defineOp<{ readonly axis: number }>({
  name: "flip",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit: ({ emitter, inputs, outputs, attributes: { axis } }) => {
    const beforeFirst = -(2 ** 31); // clamped to one before the first entry
    const bounds = [-1, beforeFirst, axis, -1].map((n) => emitter.ints([n]));
    emitter.add("Slice", [inputs[0]!, ...bounds], {}, { outputs });
  },
  gradient: ({ gradients: [dy], attributes: { axis } }) => [flip(dy!, axis)],
});

/**
 * The entries along `axis` in reverse order.
 *
 * @example
 * const [y] = await evaluate((x) => flip(x), [array([1, 2, 3])]); // [3, 2, 1]
 */
export function flip(x: Tensor, axis = -1): Tensor {
  return flipOp([x], { axis: normalizeAxis(axis, x.shape.length) })[0]!;
}
