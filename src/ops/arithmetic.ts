/** Broadcasting arithmetic. ONNX: https://onnx.ai/onnx/operators/ (Add, Sub, Mul, Div, Pow, ...). */
import { defineOp, type Tensor } from "../graph/graph.ts";
import { cast, greaterOrEqual, lessOrEqual } from "./compare.ts";
import { binary, type Operand, unary } from "./elementwise.ts";

/**
 * `a + b`.
 *
 * @example
 * const [y] = await evaluate(add, [array([1, 5]), array([3, 2])]); // [4, 7]
 */
export const add: (a: Operand, b: Operand) => Tensor = binary("add", "Add", (dy) => [dy, dy], {
  left: 0,
  right: 0,
});

/**
 * `a - b`.
 *
 * @example
 * const [y] = await evaluate(sub, [array([1, 5]), array([3, 2])]); // [-2, 3]
 */
export const sub: (a: Operand, b: Operand) => Tensor = binary("sub", "Sub", (dy) => [dy, neg(dy)], {
  right: 0,
});

/**
 * `a * b`.
 *
 * @example
 * const [y] = await evaluate(mul, [array([1, 5]), array([3, 2])]); // [3, 10]
 */
export const mul: (a: Operand, b: Operand) => Tensor = binary(
  "mul",
  "Mul",
  (dy, a, b) => [mul(dy, b), mul(dy, a)],
  { left: 1, right: 1 },
);

/**
 * `a / b`.
 *
 * @example
 * const [y] = await evaluate(div, [array([1, 5]), array([3, 2])]); // [0.3333, 2.5]
 */
export const div: (a: Operand, b: Operand) => Tensor = binary(
  "div",
  "Div",
  (dy, _a, b, y) => {
    const da = div(dy, b);
    return [da, neg(mul(da, y))];
  },
  { right: 1 },
);

/**
 * `a ^ b` for `a > 0`; for a fixed exponent any `a` for which the power is defined.
 *
 * @example
 * const [y] = await evaluate((x) => pow(x, 3), [array([2, 3])]); // [8, 27]
 */
export const pow: (a: Operand, b: Operand) => Tensor = binary(
  "pow",
  "Pow",
  (dy, a, b, y) => [mul(dy, mul(b, pow(a, sub(b, 1)))), mul(dy, mul(y, log(a)))],
  { right: 1 },
);

/**
 * `max(a, b)`; ties share the gradient equally.
 *
 * @example
 * const [y] = await evaluate(maximum, [array([1, 5]), array([3, 2])]); // [3, 5]
 */
export const maximum: (a: Operand, b: Operand) => Tensor = binary("maximum", "Max", (dy, a, b) =>
  halves(dy, a, b),
);

/**
 * `min(a, b)`; ties share the gradient equally.
 *
 * @example
 * const [y] = await evaluate(minimum, [array([1, 5]), array([3, 2])]); // [1, 2]
 */
export const minimum: (a: Operand, b: Operand) => Tensor = binary("minimum", "Min", (dy, a, b) =>
  halves(dy, b, a),
);

function halves(dy: Tensor, above: Tensor, below: Tensor): [Tensor, Tensor] {
  const atLeast = cast(greaterOrEqual(above, below), "float32");
  const atMost = cast(lessOrEqual(above, below), "float32");
  const share = mul(add(sub(atLeast, atMost), 1), 0.5); // 1, 1/2 or 0
  const mine = mul(dy, share);
  return [mine, sub(dy, mine)];
}

/**
 * `-x`.
 *
 * @example
 * const [y] = await evaluate(neg, [array([-2, 3])]); // [2, -3]
 */
export const neg: (x: Tensor) => Tensor = unary("neg", "Neg", (dy) => neg(dy));

/**
 * `|x|`; gradient `sign(x)`, 0 at 0.
 *
 * @example
 * const [y] = await evaluate(abs, [array([-2, 3])]); // [2, 3]
 */
export const abs: (x: Tensor) => Tensor = unary("abs", "Abs", (dy, x) => mul(dy, sign(x)));

/**
 * -1, 0 or 1; no gradient flows.
 *
 * @example
 * const [y] = await evaluate(sign, [array([-2, 3])]); // [-1, 1]
 */
export const sign: (x: Tensor) => Tensor = unary("sign", "Sign", (dy) => mul(dy, 0));

/**
 * `e^x`.
 *
 * @example
 * const [y] = await evaluate(exp, [array([0, 1])]); // [1, 2.7183]
 */
export const exp: (x: Tensor) => Tensor = unary("exp", "Exp", (dy, _x, y) => mul(dy, y));

/**
 * Natural logarithm.
 *
 * @example
 * const [y] = await evaluate(log, [array([1, 2])]); // [0, 0.6931]
 */
export const log: (x: Tensor) => Tensor = unary("log", "Log", (dy, x) => div(dy, x));

/**
 * `sqrt(x)`.
 *
 * @example
 * const [y] = await evaluate(sqrt, [array([4, 9])]); // [2, 3]
 */
export const sqrt: (x: Tensor) => Tensor = unary("sqrt", "Sqrt", (dy, _x, y) =>
  div(mul(dy, 0.5), y),
);

/**
 * `1 / x`.
 *
 * @example
 * const [y] = await evaluate(reciprocal, [array([2, 4])]); // [0.5, 0.25]
 */
export const reciprocal: (x: Tensor) => Tensor = unary("reciprocal", "Reciprocal", (dy, _x, y) =>
  neg(mul(dy, mul(y, y))),
);

/**
 * Sine of an angle in radians.
 *
 * @example
 * const [y] = await evaluate(sin, [array([0, 1])]); // [0, 0.8415]
 */
export const sin: (x: Tensor) => Tensor = unary("sin", "Sin", (dy, x) => mul(dy, cos(x)));

/**
 * Cosine of an angle in radians.
 *
 * @example
 * const [y] = await evaluate(cos, [array([0, 1])]); // [1, 0.5403]
 */
export const cos: (x: Tensor) => Tensor = unary("cos", "Cos", (dy, x) => neg(mul(dy, sin(x))));

const squareOp = defineOp<null>({
  name: "square",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit: ({ emitter, inputs: [x], outputs }) => {
    emitter.add("Mul", [x!, x!], {}, { outputs });
  },
  gradient: ({ inputs: [x], gradients: [dy] }) => [mul(mul(dy!, 2), x!)],
});

/**
 * `x^2`.
 *
 * @example
 * const [y] = await evaluate(square, [array([-2, 3])]); // [4, 9]
 */
export function square(x: Tensor): Tensor {
  return squareOp([x], null)[0]!;
}

/**
 * `min(max(x, low), high)`; the gradient is zero outside the bounds.
 *
 * @example
 * const [y] = await evaluate((x) => clamp(x, 0, 1), [array([-2, 0.5, 3])]); // [0, 0.5, 1]
 */
export function clamp(x: Tensor, low: number, high: number): Tensor {
  return minimum(maximum(x, low), high);
}
