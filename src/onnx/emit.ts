/** Emits the part of a graph that given outputs depend on as an ONNX model. */
import type { NdArray } from "../graph/array.ts";
import { type Node, sourceLine, type Tensor } from "../graph/graph.ts";
import { type InputAttributes, inputAttributes, isConstant, isInput } from "../graph/inputs.ts";
import { createBuilder, type Lowering } from "./builder.ts";
import { nodeLabel } from "./node-name.ts";

export interface EmitOptions {
  /** Rewrites for targets that do not support some operators. Default none. */
  readonly lowering?: Lowering;
  /** Values of inputs (usually parameters) to store as initializers of the model. */
  readonly initializers?: ReadonlyMap<string, NdArray>;
  /** Metadata of the file. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Tensors that are inputs of the model instead of being computed, by name. Default none. */
  readonly given?: ReadonlyMap<Tensor, string>;
}

export interface EmittedModel {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Inputs of the model, in declaration order. */
  readonly inputs: readonly InputAttributes[];
  readonly outputs: readonly { readonly name: string; readonly tensor: Tensor }[];
  /** The place in the model function of an ONNX node of this model. */
  explain(nodeName: string): string | undefined;
}

/** Emits `outputs`, one tensor per output name; unused inputs are dropped. */
export function emitModel(
  outputs: Readonly<Record<string, Tensor>>,
  { lowering, initializers, metadata, given = new Map() }: EmitOptions = {},
): EmittedModel {
  const wanted = Object.entries(outputs);
  const builder = createBuilder(lowering);
  const nameOf = new Map<Tensor, string>();
  const aliases: [name: string, tensor: Tensor][] = [];
  const isLeaf = (tensor: Tensor) => isInput(tensor) || isConstant(tensor) || given.has(tensor);
  for (const [name, tensor] of wanted) {
    if (isLeaf(tensor) || nameOf.has(tensor)) aliases.push([name, tensor]);
    else nameOf.set(tensor, name);
  }

  const inputs: InputAttributes[] = [];
  const needed = neededNodes(
    wanted.map(([, tensor]) => tensor),
    (tensor) => given.has(tensor),
  );
  for (const tensor of needed.stops) {
    const [name, { dtype, shape }] = [given.get(tensor)!, tensor];
    if (!inputs.some((input) => input.name === name)) {
      inputs.push({ name, role: "data", dtype, shape });
    }
    nameOf.set(tensor, name);
  }
  const byId = new Map<number, Node>();
  for (const node of needed.nodes) {
    const [first] = node.outputs;
    if (isInput(first!)) {
      const attributes = inputAttributes(first!);
      nameOf.set(first!, attributes.name);
      const value = initializers?.get(attributes.name);
      if (value !== undefined) builder.initializer(attributes.name, value);
      else inputs.push(attributes);
      continue;
    }
    if (isConstant(first!)) {
      nameOf.set(first!, builder.constant((node.attributes as { value: NdArray }).value));
      continue;
    }
    for (const output of node.outputs) {
      if (!nameOf.has(output)) nameOf.set(output, builder.fresh());
    }
    const outputs = node.outputs.map((tensor) =>
      given.has(tensor) ? builder.fresh() : nameOf.get(tensor)!,
    );
    byId.set(node.id, node);
    builder.label(nodeLabel(node));
    node.op.emit({
      emitter: builder,
      inputs: node.inputs.map((tensor) => nameOf.get(tensor)!),
      outputs,
      attributes: node.attributes,
      node,
    });
  }
  for (const [name, tensor] of aliases) {
    builder.add("Identity", [nameOf.get(tensor)!], {}, { outputs: [name] });
  }
  for (const attributes of inputs) builder.declareInput(attributes.name, attributes);
  for (const [name, tensor] of wanted) builder.declareOutput(name, tensor);

  return {
    bytes: builder.finish(metadata),
    inputs,
    outputs: wanted.map(([name, tensor]) => ({ name, tensor })),
    explain: (nodeName) => {
      const node = byId.get(Number(/#(\d+)/.exec(nodeName)?.[1]));
      if (node === undefined) return undefined;
      const line = sourceLine(node);
      return `${node.op.name}${node.place && ` in ${node.place}`}${line ? ` (${line})` : ""}`;
    },
  };
}

/** The nodes that tensors depend on. */
export interface NeededNodes {
  /** In the order of the graph. */
  readonly nodes: readonly Node[];
  /** The tensors at which the search stopped. */
  readonly stops: readonly Tensor[];
}

/** Nodes that the tensors depend on; those behind tensors at which `stopsAt` is true are left out. */
export function neededNodes(
  tensors: readonly Tensor[],
  stopsAt: (tensor: Tensor) => boolean = () => false,
): NeededNodes {
  const nodes = new Set<Node>();
  const stops = new Set<Tensor>();
  const open = [...tensors];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    if (stopsAt(tensor)) stops.add(tensor);
    else if (!nodes.has(tensor.node)) {
      nodes.add(tensor.node);
      open.push(...tensor.node.inputs);
    }
  }
  return {
    nodes: [...nodes].sort((a, b) => a.id - b.id),
    stops: [...stops].sort((a, b) => a.id - b.id),
  };
}
