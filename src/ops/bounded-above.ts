/** An upper bound for learned values that can decrease again. */
import { defineOp, type Tensor } from "../graph/graph.ts";
import { greater, less, logicalOr, where } from "./compare.ts";
import { asTensors, emitAs, inferBroadcast } from "./elementwise.ts";

const boundedOp = defineOp<null>({
  name: "bounded_above",
  infer: inferBroadcast,
  emit: emitAs("Min"),
  gradient: ({ inputs: [x, bound], gradients: [dy] }) => [
    where(logicalOr(less(x!, bound!), greater(dy!, 0)), dy!, 0),
  ],
});

/**
 * `min(x, bound)`, whose gradient is zero only if a step of descent would move further beyond the
 * bound: `dy` if `x < bound` or `dy > 0`.
 *
 * The gradient of `min` itself is zero everywhere beyond the bound, so a parameter that a step moved
 * there would never change again. CLIP clips the parameter after each step instead
 * (arXiv:2103.00020, section 2.5).
 *
 * @example
 * const [y] = await evaluate((x) => boundedAbove(x, 2), [array([1, 3])]); // [1, 2]
 */
export function boundedAbove(x: Tensor, bound: number): Tensor {
  const operands = asTensors(x, bound);
  return boundedOp(operands, null)[0]!;
}
