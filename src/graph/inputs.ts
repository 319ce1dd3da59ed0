/** The leaves of a graph: run-time inputs and constants. */
import { array, type DType, type NdArray, type Nested } from "./array.ts";
import { addNode, type Graph, type Op, type Tensor, type TensorSpec } from "./graph.ts";

/** The role of an input; the trainer binds each role to its own memory. */
export type InputRole = "parameter" | "data" | "random" | "state";

export interface InputAttributes extends TensorSpec {
  readonly name: string;
  readonly role: InputRole;
}

export const inputOp: Op<InputAttributes> = {
  name: "input",
  infer: (_, { dtype, shape }) => [{ dtype, shape }],
  emit: () => {}, // The emitter declares graph inputs itself.
};

export const constantOp: Op<{ readonly value: NdArray }> = {
  name: "constant",
  infer: (_, { value }) => [{ dtype: value.dtype, shape: value.shape }],
  emit: () => {}, // The emitter writes initializers itself.
  gradient: () => [],
};

/** A run-time input of the graph. */
export function input(
  graph: Graph,
  name: string,
  spec: TensorSpec,
  role: InputRole = "data",
): Tensor {
  return addNode(graph, inputOp, [], { ...spec, name, role })[0]!;
}

/** A constant; equal scalars share one node. */
export function constant(graph: Graph, value: NdArray | Nested, dtype: DType = "float32"): Tensor {
  const isArray = typeof value === "object" && "data" in value;
  const key =
    typeof value === "number" ? `${dtype}:${Object.is(value, -0) ? "-0" : value}` : undefined;
  const known = key === undefined ? undefined : graph.constants.get(key);
  if (known !== undefined) return known;
  const tensor = addNode(graph, constantOp, [], {
    value: isArray ? (value as NdArray) : array(value as Nested, dtype),
  })[0]!;
  if (key !== undefined) graph.constants.set(key, tensor);
  return tensor;
}

export function isInput(tensor: Tensor): boolean {
  return tensor.node.op === (inputOp as Op);
}

export function isConstant(tensor: Tensor): boolean {
  return tensor.node.op === (constantOp as Op);
}

/**
 * Name and role of an input tensor.
 *
 * @throws TypeError if the tensor is not a graph input
 */
export function inputAttributes(tensor: Tensor): InputAttributes {
  if (!isInput(tensor)) throw new TypeError("not a graph input");
  return tensor.node.attributes as InputAttributes;
}
