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
  { lowering, initializers, metadata }: EmitOptions = {},
): EmittedModel {
  const wanted = Object.entries(outputs);
  const builder = createBuilder(lowering);
  const nameOf = new Map<Tensor, string>();
  const aliases: [name: string, tensor: Tensor][] = [];
  for (const [name, tensor] of wanted) {
    if (isInput(tensor) || isConstant(tensor) || nameOf.has(tensor)) aliases.push([name, tensor]);
    else nameOf.set(tensor, name);
  }

  const inputs: InputAttributes[] = [];
  const byId = new Map<number, Node>();
  for (const node of neededNodes(wanted.map(([, tensor]) => tensor))) {
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
    byId.set(node.id, node);
    builder.label(nodeLabel(node));
    node.op.emit({
      emitter: builder,
      inputs: node.inputs.map((tensor) => nameOf.get(tensor)!),
      outputs: node.outputs.map((tensor) => nameOf.get(tensor)!),
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

/** Nodes that the tensors depend on, in graph order. */
function neededNodes(tensors: readonly Tensor[]): Node[] {
  const needed = new Set<Node>();
  const open = tensors.map((tensor) => tensor.node);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (needed.has(node)) continue;
    needed.add(node);
    for (const input of node.inputs) open.push(input.node);
  }
  return [...needed].sort((a, b) => a.id - b.id);
}
