/** Comparison, logic, selection and type conversion. None but `where` and `cast` has a gradient. */
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

export const equal: (a: Operand, b: Operand) => Tensor = comparison("equal", "Equal");
export const less: (a: Operand, b: Operand) => Tensor = comparison("less", "Less");
export const lessOrEqual: (a: Operand, b: Operand) => Tensor = comparison(
  "less_or_equal",
  "LessOrEqual",
);
export const greater: (a: Operand, b: Operand) => Tensor = comparison("greater", "Greater");
export const greaterOrEqual: (a: Operand, b: Operand) => Tensor = comparison(
  "greater_or_equal",
  "GreaterOrEqual",
);
export const logicalAnd: (a: Operand, b: Operand) => Tensor = comparison("and", "And");
export const logicalOr: (a: Operand, b: Operand) => Tensor = comparison("or", "Or");

const notOp = defineOp<null>({
  name: "not",
  infer: ([x]) => [{ dtype: "bool", shape: x!.shape }],
  emit: emitAs("Not"),
  gradient: () => [],
});

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

/** `a` where `condition` holds, `b` elsewhere; broadcasting. */
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

/** `x` as another type; gradients flow between floating-point types only. */
export function cast(x: Tensor, to: DType): Tensor {
  return x.dtype === to ? x : castOp([x], { to })[0]!;
}

const stopOp = defineOp<null>({
  name: "stop_gradient",
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  emit: emitAs("Identity"),
  gradient: () => [],
});

/** `x`, as a constant to differentiation. */
export function stopGradient(x: Tensor): Tensor {
  return stopOp([x], null)[0]!;
}
