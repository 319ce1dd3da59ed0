/** Which tensors of the frozen part are kept for each sample. */
import { bytesPerElement } from "../../graph/array.ts";
import type { Node, Tensor } from "../../graph/graph.ts";
import { isInput } from "../../graph/inputs.ts";
import { type Edge, minimumCut } from "./minimum-cut.ts";

export interface ChooseOptions {
  /** Tensors of the frozen part that the rest of the graph reads. */
  readonly read: readonly Tensor[];
  /** Whether a tensor is in the frozen part and depends on samples. */
  readonly isFrozen: (tensor: Tensor) => boolean;
  /** Whether a tensor can be kept by sample. */
  readonly isBySample: (tensor: Tensor) => boolean;
}

/** Cost of computing an entry again at each step, relative to the cost of keeping it. */
const COMPUTING = 1 / 16;

/**
 * The tensors with the fewest bytes per sample from which everything that is read can be computed without a
 * matrix product or a convolution: a minimum cut. Inputs of the graph, and what needs no such product, are
 * not kept.
 *
 * @throws RangeError if there are none
 */
export function chooseTensors({ read, isFrozen, isBySample }: ChooseOptions): Tensor[] {
  const tensors = reachable(read, isFrozen);
  const vertices = new Map<Tensor | Node, number>();
  const vertex = (of: Tensor | Node): number => {
    const known = vertices.get(of) ?? vertices.size + 2;
    vertices.set(of, known);
    return known;
  };
  const [source, sink] = [0, 1];
  const edges: Edge[] = [];
  const never = Number.POSITIVE_INFINITY;
  const costly = new Set<Node>();
  for (const tensor of tensors) {
    const { node } = tensor;
    if (isInput(tensor)) {
      edges.push({ from: source, to: vertex(tensor), capacity: bytesOfSample(tensor) });
      continue;
    }
    if (node.op.product === true || node.inputs.some((input) => costly.has(input.node))) {
      costly.add(node);
    }
    const canKeep = costly.has(node) && isBySample(tensor);
    const capacity = canKeep ? bytesOfSample(tensor) : never;
    edges.push({ from: vertex(node), to: vertex(tensor), capacity });
  }
  for (const node of new Set(tensors.map((tensor) => tensor.node))) {
    if (isInput(node.outputs[0]!)) continue;
    const capacity =
      node.op.product === true
        ? never
        : COMPUTING * node.outputs.reduce((sum, output) => sum + bytesOfSample(output), 0);
    edges.push({ from: source, to: vertex(node), capacity });
    for (const input of node.inputs.filter(isFrozen)) {
      edges.push({ from: vertex(input), to: vertex(node), capacity: never });
    }
  }
  for (const tensor of read) edges.push({ from: vertex(tensor), to: sink, capacity: never });
  const { sinkSide } = minimumCut(edges, { source, sink });
  return tensors.filter(
    (tensor) =>
      !isInput(tensor) && sinkSide.has(vertex(tensor)) && !sinkSide.has(vertex(tensor.node)),
  );
}

/** The frozen tensors that these depend on, and these, in the order of the graph. */
function reachable(read: readonly Tensor[], isFrozen: (tensor: Tensor) => boolean): Tensor[] {
  const found = new Set<Tensor>();
  const open = [...read];
  for (let tensor = open.pop(); tensor !== undefined; tensor = open.pop()) {
    if (found.has(tensor)) continue;
    found.add(tensor);
    open.push(...tensor.node.inputs.filter(isFrozen));
  }
  return [...found].sort((a, b) => a.id - b.id);
}

/** Bytes of one sample; sizes that are only known at run time count once. */
export function bytesOfSample({ dtype, shape }: Tensor): number {
  return shape.reduce<number>(
    (product, dim) => product * (typeof dim === "number" ? dim : dim.factor),
    bytesPerElement(dtype),
  );
}
