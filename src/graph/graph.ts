/** Symbolic tensors, the operators that create them, and the graph that records both. */
import type { DType, NdArray } from "./array.ts";
import type { Shape } from "./shape.ts";

/** Type and shape of a tensor, known before the graph runs. */
export interface TensorSpec {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A symbolic value: output `index` of `node`, computed when the graph runs. */
export interface Tensor extends TensorSpec {
  readonly id: number;
  readonly graph: Graph;
  readonly node: Node;
  readonly index: number;
}

/** The pass that a node belongs to: the model, its gradients, or recomputation for the gradients. */
export type Phase = "forward" | "backward" | "recompute";

/** One application of an operator. */
export interface Node {
  readonly id: number;
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly attributes: unknown;
  readonly outputs: readonly Tensor[];
  /** Scope of the model function at tracing time, such as `blocks.0.attn`. */
  readonly place: string;
  readonly phase: Phase;
  /** Created with the node; its stack is only formatted by `sourceLine`. */
  readonly origin: Error | undefined;
}

/** Collects the ONNX nodes of one operator; `onnx/` implements it. */
export interface Emitter {
  /** Adds a node and returns the names of its outputs (one fresh name unless given). */
  add(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, AttributeValue>>,
    options?: { readonly outputs?: readonly string[]; readonly domain?: string },
  ): string;
  /** A fresh name for an intermediate value. */
  fresh(): string;
  constant(value: NdArray): string;
  /** An int64 vector constant, for shapes, axes and split sizes. */
  ints(values: readonly number[]): string;
  /** A float32 scalar constant. */
  scalar(value: number): string;
}

export type AttributeValue = number | string | readonly number[] | { readonly float: number };

/** Context of an operator that emits ONNX nodes: names of its inputs and outputs, in order. */
export interface Emission<A> {
  readonly emitter: Emitter;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: A;
  readonly node: Node;
}

/** Context of a gradient rule; gradients of unused outputs are undefined. */
export interface Backward<A> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: A;
  readonly gradients: readonly (Tensor | undefined)[];
}

/** An operator, declared in one place: shape rule, ONNX nodes, gradient rule. */
export interface Op<A = unknown> {
  readonly name: string;
  /** Whether it sums products, as matrix products and convolutions do: costly compared with its memory. */
  readonly product?: boolean;
  /** Whether it only selects entries of its first input, which may have any element type. */
  readonly selects?: boolean;
  /** Inputs from this index on give only their shape. Default none. */
  readonly shapeInputs?: number;
  infer(inputs: readonly TensorSpec[], attributes: A): readonly TensorSpec[];
  emit(emission: Emission<A>): void;
  /** Gradients of the inputs, in order; undefined for inputs without one. Absent if not differentiable. */
  gradient?(backward: Backward<A>): readonly (Tensor | undefined)[];
}

/** An append-only record of nodes; their order is a topological order. */
export interface Graph {
  readonly nodes: Node[];
  /** Scope of new nodes. */
  place: string;
  /** Phase of new nodes. */
  phase: Phase;
  /** Origin of new nodes while a transformation builds them. */
  origin: Error | undefined;
  readonly constants: Map<string, Tensor>;
  /** Called for each new tensor; it may throw. */
  readonly admit: ((tensor: Tensor) => void) | undefined;
  nextId: number;
}

/** @param admit called for each new tensor; it may throw */
export function createGraph(admit?: (tensor: Tensor) => void): Graph {
  return {
    admit,
    nodes: [],
    place: "",
    phase: "forward",
    origin: undefined,
    constants: new Map(),
    nextId: 0,
  };
}

/**
 * Adds a node to `graph` and returns its outputs.
 *
 * @throws TypeError if the inputs are from different graphs, RangeError if their shapes do not fit
 */
export function addNode<A>(
  graph: Graph,
  op: Op<A>,
  inputs: readonly Tensor[],
  attributes: A,
): readonly Tensor[] {
  for (const input of inputs) {
    if (input.graph !== graph) {
      throw new TypeError(`${op.name}: its inputs come from two different graphs`);
    }
  }
  let specs: readonly TensorSpec[];
  try {
    specs = op.infer(inputs, attributes);
  } catch (error) {
    const where = graph.place === "" ? "" : ` in ${graph.place}`;
    throw new RangeError(`${op.name}${where}: ${(error as Error).message}`, { cause: error });
  }
  const outputs: Tensor[] = [];
  const node: Node = {
    id: graph.nextId++,
    op: op as Op,
    inputs,
    attributes,
    outputs,
    place: graph.place,
    phase: graph.phase,
    origin: graph.origin ?? new Error("origin"),
  };
  for (const [index, spec] of specs.entries()) {
    outputs.push({ id: graph.nextId++, graph, node, index, dtype: spec.dtype, shape: spec.shape });
  }
  graph.nodes.push(node);
  if (graph.admit !== undefined) for (const tensor of outputs) graph.admit(tensor);
  return outputs;
}

/**
 * Declares an operator and returns the function that applies it.
 *
 * @throws TypeError, from the returned function, without inputs
 */
export function defineOp<A>(
  op: Op<A>,
): (inputs: readonly Tensor[], attributes: A) => readonly Tensor[] {
  return (inputs, attributes) => {
    const first = inputs[0];
    if (first === undefined) throw new TypeError(`${op.name}: needs at least one input`);
    return addNode(first.graph, op, inputs, attributes);
  };
}

/** The model's source line that made `node`, as `file:line`, or undefined if stacks are not available. */
export function sourceLine(node: Node): string | undefined {
  const lines = node.origin?.stack?.split("\n").slice(1) ?? [];
  const own = /[\\/](graph|ops|autodiff)[\\/][\w-]+\.[jt]s/;
  const line = lines.find((text) => !own.test(text) && /:\d+:\d+\)?$/.test(text));
  return line?.match(/([\w.-]+[\\/][\w.-]+:\d+):\d+\)?$/)?.[1];
}
