/** Emits the part of a graph that given outputs depend on as an ONNX model. */
import type { DType, NdArray } from "../graph/array.ts";
import { type Node, sourceLine, type Tensor } from "../graph/graph.ts";
import { type InputAttributes, inputAttributes, isConstant, isInput } from "../graph/inputs.ts";
import { elementTypes } from "../ops/element-types.ts";
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
  /**
   * The element type in which an input is stored, by its name; where it differs from that of the graph, each
   * use casts it. Default: that of the graph.
   */
  readonly storedAs?: (input: string) => DType | undefined;
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
  {
    lowering,
    initializers,
    metadata,
    given = new Map(),
    storedAs = () => undefined,
  }: EmitOptions = {},
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
  /** Inputs of another element type than in the graph. */
  const stored = new Set<Tensor>();
  /** Their names after the cast. */
  const casts = new Map<Tensor, string>();
  const operand = (tensor: Tensor): string => {
    const name = nameOf.get(tensor)!;
    if (!stored.has(tensor)) return name;
    const known = casts.get(tensor) ?? builder.castInput(name, tensor.dtype);
    casts.set(tensor, known);
    return known;
  };
  for (const node of needed.nodes) {
    const [first] = node.outputs;
    if (isInput(first!)) {
      const attributes = inputAttributes(first!);
      nameOf.set(first!, attributes.name);
      const value = initializers?.get(attributes.name);
      const dtype = storedAs(attributes.name) ?? attributes.dtype;
      if (dtype !== attributes.dtype) stored.add(first!);
      if (value !== undefined) builder.initializer(attributes.name, value);
      else inputs.push({ ...attributes, dtype });
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
    const [source] = node.inputs;
    const selects = node.op.selects === true && stored.has(source!);
    const selected = selects ? outputs.map(() => builder.fresh()) : outputs;
    node.op.emit({
      emitter: builder,
      inputs: node.inputs.map((tensor, i) =>
        selects && i === 0 ? nameOf.get(tensor)! : operand(tensor),
      ),
      outputs: selected,
      attributes: node.attributes,
      node,
    });
    if (!selects) continue;
    for (const [i, name] of outputs.entries()) {
      const to = elementTypes[node.outputs[i]!.dtype];
      builder.add("Cast", [selected[i]!], { to }, { outputs: [name] });
    }
  }
  for (const [name, tensor] of aliases) {
    builder.add("Identity", [operand(tensor)], {}, { outputs: [name] });
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
