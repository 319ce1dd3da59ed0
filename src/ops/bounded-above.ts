/** A bound for learned values, which they can leave again. */
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
 * `min(x, bound)`, whose gradient is zero only where a step of descent would lead farther beyond the
 * bound: `dy` where `x < bound` or `dy > 0`.
 *
 * The gradient of `min` itself is zero everywhere beyond the bound, so that a parameter that a step has
 * carried there would stay for ever. CLIP sets the parameter back after each step instead
 * (arXiv:2103.00020, section 2.5).
 *
 * @example
 * const [y] = await evaluate((x) => boundedAbove(x, 2), [array([1, 3])]); // [1, 2]
 */
export function boundedAbove(x: Tensor, bound: number): Tensor {
  const operands = asTensors(x, bound);
  return boundedOp(operands, null)[0]!;
}
