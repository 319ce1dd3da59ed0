/** Activation functions. ONNX: Gelu, Relu, LeakyRelu, Sigmoid, Tanh, Softplus, Erf. */
import { defineOp, type Tensor } from "../graph/graph.ts";
import { add, exp, mul, square, sub } from "./arithmetic.ts";
import { cast, greater } from "./compare.ts";
import { unary } from "./elementwise.ts";

/**
 * Error function, `2/sqrt(pi) * integral of e^(-t^2) from 0 to x`.
 *
 * @example
 * const [y] = await evaluate(erf, [array([0, 1])]); // [0, 0.8427]
 */
export const erf: (x: Tensor) => Tensor = unary("erf", "Erf", (dy, x) =>
  mul(dy, mul(exp(mul(square(x), -1)), 2 / Math.sqrt(Math.PI))),
);

/**
 * Cumulative distribution of the standard normal, `(1 + erf(x / sqrt 2)) / 2`.
 *
 * @example
 * const [y] = await evaluate(normalCdf, [array([0, 1])]); // [0.5, 0.8413]
 */
export function normalCdf(x: Tensor): Tensor {
  return mul(add(erf(mul(x, Math.SQRT1_2)), 1), 0.5);
}

/**
 * Density of the standard normal, `e^(-x^2/2) / sqrt(2 pi)`.
 *
 * @example
 * const [y] = await evaluate(normalDensity, [array([0, 1])]); // [0.3989, 0.242]
 */
export function normalDensity(x: Tensor): Tensor {
  return mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
}

/**
 * `max(x, 0)`; gradient 0 at 0.
 *
 * @example
 * const [y] = await evaluate(relu, [array([-1, 2])]); // [0, 2]
 */
export const relu: (x: Tensor) => Tensor = unary("relu", "Relu", (dy, x) =>
  mul(dy, cast(greater(x, 0), "float32")),
);

/**
 * `x` above 0 and `0.01 x` elsewhere; gradient 0.01 at 0.
 *
 * @example
 * const [y] = await evaluate(leakyRelu, [array([-1, 2])]); // [-0.01, 2]
 */
export const leakyRelu: (x: Tensor) => Tensor = unary("leaky_relu", "LeakyRelu", (dy, x) =>
  mul(dy, add(mul(cast(greater(x, 0), "float32"), 0.99), 0.01)),
);

const reluSquaredOp = defineOp<null>({
  name: "relu_squared",
  infer: ([x]) => [x!, x!].map(({ dtype, shape }) => ({ dtype, shape })), // and max(x, 0)
  emit: ({ emitter, inputs, outputs: [y, positive] }) => {
    emitter.add("Relu", inputs, {}, { outputs: [positive!] });
    emitter.add("Mul", [positive!, positive!], {}, { outputs: [y!] });
  },
  gradient: ({ outputs: [, positive], gradients: [dy] }) => [mul(mul(dy!, 2), positive!)],
});

/**
 * `max(x, 0)^2` (Primer, arXiv:2109.08668, section 3.1).
 *
 * @example
 * const [y] = await evaluate(reluSquared, [array([-1, 3])]); // [0, 9]
 */
export function reluSquared(x: Tensor): Tensor {
  return reluSquaredOp([x], null)[0]!;
}

/**
 * `1 / (1 + e^-x)`.
 *
 * @example
 * const [y] = await evaluate(sigmoid, [array([0, 2])]); // [0.5, 0.8808]
 */
export const sigmoid: (x: Tensor) => Tensor = unary("sigmoid", "Sigmoid", (dy, _x, y) =>
  mul(dy, mul(y, sub(1, y))),
);

/**
 * Hyperbolic tangent.
 *
 * @example
 * const [y] = await evaluate(tanh, [array([0, 1])]); // [0, 0.7616]
 */
export const tanh: (x: Tensor) => Tensor = unary("tanh", "Tanh", (dy, _x, y) =>
  mul(dy, sub(1, square(y))),
);

/**
 * `log(1 + e^x)`.
 *
 * @example
 * const [y] = await evaluate(softplus, [array([0, 1])]); // [0.6931, 1.3133]
 */
export const softplus: (x: Tensor) => Tensor = unary("softplus", "Softplus", (dy, x) =>
  mul(dy, sigmoid(x)),
);

const siluOp = defineOp<null>({
  name: "silu",
  infer: ([x]) => [x!, x!].map(({ dtype, shape }) => ({ dtype, shape })), // and sigmoid(x)
  emit: ({ emitter, inputs: [x], outputs: [y, gate] }) => {
    emitter.add("Sigmoid", [x!], {}, { outputs: [gate!] });
    emitter.add("Mul", [x!, gate!], {}, { outputs: [y!] });
  },
  gradient: ({ outputs: [y, gate], gradients: [dy] }) => [
    mul(dy!, add(gate!, mul(y!, sub(1, gate!)))), // s + x s (1 - s)
  ],
});

/**
 * `x * sigmoid(x)` (also called Swish).
 *
 * @example
 * const [y] = await evaluate(silu, [array([-1, 1])]); // [-0.2689, 0.7311]
 */
export function silu(x: Tensor): Tensor {
  return siluOp([x], null)[0]!;
}

const geluOp = defineOp<{ readonly approximate: "none" | "tanh" }>({
  name: "gelu",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit: ({ emitter, inputs, outputs, attributes: { approximate } }) => {
    emitter.add("Gelu", inputs, { approximate }, { outputs });
  },
  gradient: ({ inputs: [x], gradients: [dy], attributes: { approximate } }) => [
    mul(dy!, approximate === "tanh" ? geluTanhSlope(x!) : geluSlope(x!)),
  ],
});

/** d/dx of `x Phi(x)`: `Phi(x) + x phi(x)`. */
function geluSlope(x: Tensor): Tensor {
  const scaled = mul(x, Math.SQRT1_2);
  const phi = exp(mul(square(scaled), -1));
  return add(add(mul(erf(scaled), 0.5), 0.5), mul(mul(x, 1 / Math.sqrt(2 * Math.PI)), phi));
}

/** d/dx of `x/2 (1 + t)` with `t = tanh(u)`, `u = sqrt(2/pi) (x + 0.044715 x^3)`. */
function geluTanhSlope(x: Tensor): Tensor {
  const c = Math.sqrt(2 / Math.PI);
  const xx = square(x);
  const t = tanh(mul(x, add(mul(xx, c * 0.044715), c)));
  const du = add(mul(xx, 3 * c * 0.044715), c);
  return mul(add(add(t, 1), mul(mul(x, sub(1, square(t))), du)), 0.5);
}

/**
 * `x Phi(x)` with the exact normal distribution (arXiv:1606.08415).
 *
 * @example
 * const [y] = await evaluate(gelu, [array([-1, 1])]); // [-0.1587, 0.8413]
 */
export function gelu(x: Tensor): Tensor {
  return geluOp([x], { approximate: "none" })[0]!;
}

/**
 * GELU by a sigmoid, `x * sigmoid(1.702 x)` (arXiv:1606.08415, section 2; CLIP).
 *
 * @example
 * const [y] = await evaluate(quickGelu, [array([-1, 1])]); // [-0.1542, 0.8458]
 */
export function quickGelu(x: Tensor): Tensor {
  return mul(x, sigmoid(mul(x, 1.702)));
}

/**
 * GELU by its tanh approximation (arXiv:1606.08415, section 2).
 *
 * @example
 * const [y] = await evaluate(geluTanh, [array([-1, 1])]); // [-0.1588, 0.8412]
 */
export function geluTanh(x: Tensor): Tensor {
  return geluOp([x], { approximate: "tanh" })[0]!;
}
