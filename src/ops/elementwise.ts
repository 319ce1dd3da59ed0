/** Common parts of elementwise operators: operands, broadcasting, and its gradient. */
import type { DType } from "../graph/array.ts";
import { defineOp, type Emission, type Tensor, type TensorSpec } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { broadcastShapes } from "../graph/shape.ts";
import { expandedFrom, foldIdentity, type Identity, withoutExpansion } from "./peephole.ts";
import { unbroadcast } from "./reshape.ts";

/** A tensor, or a number that becomes a constant of the other operand's type. */
export type Operand = Tensor | number;

/**
 * The operands as tensors of one graph; numbers take the dtype of the first tensor.
 *
 * @throws TypeError if no operand is a tensor
 */
export function asTensors(...operands: Operand[]): Tensor[] {
  const first = operands.find((operand) => typeof operand !== "number");
  if (first === undefined) throw new TypeError("at least one operand must be a tensor");
  return operands.map((operand) =>
    typeof operand === "number" ? constant(first.graph, operand, first.dtype) : operand,
  );
}

/**
 * The common element type of operands.
 *
 * @throws TypeError if the element types differ
 */
export function requireSameDType(inputs: readonly TensorSpec[]): DType {
  const dtype = inputs[0]!.dtype;
  if (inputs.some((input) => input.dtype !== dtype)) {
    throw new TypeError(
      `operands must have one type, got ${inputs.map((i) => i.dtype).join(", ")}`,
    );
  }
  return dtype;
}

/** Shape rule of broadcasting operators that keep their operands' type. */
export function inferBroadcast(inputs: readonly TensorSpec[]): TensorSpec[] {
  return [
    { dtype: requireSameDType(inputs), shape: broadcastShapes(...inputs.map((i) => i.shape)) },
  ];
}

/** Emits one ONNX node with the inputs unchanged. */
export function emitAs(opType: string, domain?: string): (emission: Emission<unknown>) => void {
  return ({ emitter, inputs, outputs }) => {
    emitter.add(opType, inputs, {}, domain === undefined ? { outputs } : { outputs, domain });
  };
}

/** Declares `y = f(x)` with a gradient that is a function of dy, x and y. */
export function unary(
  name: string,
  opType: string,
  gradient?: (dy: Tensor, x: Tensor, y: Tensor) => Tensor,
): (x: Tensor) => Tensor {
  const apply = defineOp<null>({
    name,
    infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
    emit: emitAs(opType),
    ...(gradient && {
      gradient: ({ inputs: [x], outputs: [y], gradients: [dy] }) => [gradient(dy!, x!, y!)],
    }),
  });
  return (x) => {
    const expansion = expandedFrom(x);
    if (expansion === undefined) return apply([x], null)[0]!;
    return expansion.again(apply([expansion.source], null)[0]!);
  };
}

/**
 * Declares a broadcasting `y = f(a, b)`; the rules give gradients before unbroadcasting.
 *
 * @param identity operands for which the operator returns the other operand
 */
export function binary(
  name: string,
  opType: string,
  gradient?: (dy: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly [Tensor, Tensor],
  identity: Identity = {},
): (a: Operand, b: Operand) => Tensor {
  const apply = defineOp<null>({
    name,
    infer: inferBroadcast,
    emit: emitAs(opType),
    ...(gradient && {
      gradient: ({ inputs: [a, b], outputs: [y], gradients: [dy] }) => {
        const [da, db] = gradient(dy!, a!, b!, y!);
        return [unbroadcast(da, a!.shape), unbroadcast(db, b!.shape)];
      },
    }),
  });
  return (a, b) => {
    const [x, y] = asTensors(a, b) as [Tensor, Tensor];
    return (
      foldIdentity(x, y, identity) ??
      withoutExpansion((left, right) => apply([left, right], null)[0]!, x, y)
    );
  };
}
