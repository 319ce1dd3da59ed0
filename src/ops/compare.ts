/** Comparison, logic, selection and type conversion. Only `where` and `cast` have gradients. */
import type { DType } from "../graph/array.ts";
import { defineOp, type Tensor } from "../graph/graph.ts";
import { broadcastShapes } from "../graph/shape.ts";
import { elementTypes } from "./element-types.ts";
import { asTensors, emitAs, type Operand, requireSameDType } from "./elementwise.ts";
import { leanOperands } from "./peephole.ts";
import { unbroadcast } from "./reshape.ts";

function comparison(name: string, opType: string): (a: Operand, b: Operand) => Tensor {
  const apply = defineOp<null>({
    name,
    infer: (inputs) => {
      requireSameDType(inputs);
      return [{ dtype: "bool", shape: broadcastShapes(...inputs.map((i) => i.shape)) }];
    },
    emit: emitAs(opType),
    gradient: () => [],
  });
  return (a, b) => apply(asTensors(a, b), null)[0]!;
}

/**
 * `a == b`, entry by entry.
 *
 * @returns bool, of the broadcast shape
 * @example
 * const [y] = await evaluate((x) => equal(x, 2), [array([1, 2, 3])]); // [false, true, false]
 */
export const equal: (a: Operand, b: Operand) => Tensor = comparison("equal", "Equal");
/**
 * `a < b`, entry by entry.
 *
 * @returns bool, of the broadcast shape
 * @example
 * const [y] = await evaluate((x) => less(x, 2), [array([1, 2, 3])]); // [true, false, false]
 */
export const less: (a: Operand, b: Operand) => Tensor = comparison("less", "Less");
/**
 * `a <= b`, entry by entry.
 *
 * @returns bool, of the broadcast shape
 * @example
 * const [y] = await evaluate((x) => lessOrEqual(x, 2), [array([1, 2, 3])]); // [true, true, false]
 */
export const lessOrEqual: (a: Operand, b: Operand) => Tensor = comparison(
  "less_or_equal",
  "LessOrEqual",
);
/**
 * `a > b`, entry by entry.
 *
 * @returns bool, of the broadcast shape
 * @example
 * const [y] = await evaluate((x) => greater(x, 2), [array([1, 2, 3])]); // [false, false, true]
 */
export const greater: (a: Operand, b: Operand) => Tensor = comparison("greater", "Greater");
/**
 * `a >= b`, entry by entry.
 *
 * @returns bool, of the broadcast shape
 * @example
 * const [y] = await evaluate((x) => greaterOrEqual(x, 2), [array([1, 2, 3])]); // [false, true, true]
 */
export const greaterOrEqual: (a: Operand, b: Operand) => Tensor = comparison(
  "greater_or_equal",
  "GreaterOrEqual",
);
/**
 * `a && b` of bool tensors, entry by entry.
 *
 * @example
 * const [y] = await evaluate(logicalAnd, [array([true, true], "bool"), array([true, false], "bool")]); // [true, false]
 */
export const logicalAnd: (a: Operand, b: Operand) => Tensor = comparison("and", "And");
/**
 * `a || b` of bool tensors, entry by entry.
 *
 * @example
 * const [y] = await evaluate(logicalOr, [array([true, true], "bool"), array([true, false], "bool")]); // [true, true]
 */
export const logicalOr: (a: Operand, b: Operand) => Tensor = comparison("or", "Or");

const notOp = defineOp<null>({
  name: "not",
  infer: ([x]) => [{ dtype: "bool", shape: x!.shape }],
  emit: emitAs("Not"),
  gradient: () => [],
});

/**
 * `!x` of a bool tensor, entry by entry.
 *
 * @example
 * const [y] = await evaluate(logicalNot, [array([true, false], "bool")]); // [false, true]
 */
export function logicalNot(x: Tensor): Tensor {
  return notOp([x], null)[0]!;
}

const whereOp = defineOp<null>({
  name: "where",
  infer: ([condition, a, b]) => [
    {
      dtype: requireSameDType([a!, b!]),
      shape: broadcastShapes(condition!.shape, a!.shape, b!.shape),
    },
  ],
  emit: emitAs("Where"),
  gradient: ({ inputs: [condition, a, b], gradients: [dy] }) => [
    undefined,
    unbroadcast(where(condition!, dy!, 0), a!.shape),
    unbroadcast(where(condition!, 0, dy!), b!.shape),
  ],
});

/**
 * `a` if `condition` is true, otherwise `b`; broadcasting.
 *
 * @example
 * const [y] = await evaluate(where, [array([true, false], "bool"), array([1, 2]), array([8, 9])]); // [1, 9]
 */
export function where(condition: Tensor, a: Operand, b: Operand): Tensor {
  const [x, y] = asTensors(a, b);
  return whereOp(leanOperands([condition, x!, y!]), null)[0]!;
}

const castOp = defineOp<{ readonly to: DType }>({
  name: "cast",
  infer: ([x], { to }) => [{ dtype: to, shape: x!.shape }],
  emit: ({ emitter, inputs, outputs, attributes }) => {
    emitter.add("Cast", inputs, { to: elementTypes[attributes.to] }, { outputs });
  },
  gradient: ({ inputs: [x], gradients: [dy], attributes }) => {
    const real = (dtype: DType) => dtype === "float32" || dtype === "float64";
    return real(x!.dtype) && real(attributes.to) ? [cast(dy!, x!.dtype)] : [];
  },
});

/**
 * `x` as another type; gradients flow between floating-point types only.
 *
 * @example
 * const [y] = await evaluate((x) => cast(x, "int64"), [array([1.7, -1.7])]); // [1, -1]
 */
export function cast(x: Tensor, to: DType): Tensor {
  return x.dtype === to ? x : castOp([x], { to })[0]!;
}

const stopOp = defineOp<null>({
  name: "stop_gradient",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit: emitAs("Identity"),
  gradient: () => [],
});

/**
 * `x`, as a constant to differentiation.
 *
 * @example
 * const product = (x) => reduceSum(mul(stopGradient(x), x));
 * const slopes = (await valueAndGradients(product, [array([3])])).gradients; // [[3]]
 */
export function stopGradient(x: Tensor): Tensor {
  return stopOp([x], null)[0]!;
}
