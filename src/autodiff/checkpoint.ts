/**
 * Gradient checkpointing (arXiv:1604.06174): the activations inside a segment are recomputed in the
 * backward pass instead of kept.
 */
import { elementCount } from "../graph/array.ts";
import { addNode, type Node, type Tensor } from "../graph/graph.ts";
import { isConstant, isInput } from "../graph/inputs.ts";
import { isStatic } from "../graph/shape.ts";
import { after, zeroAfter } from "../ops/after.ts";

/** The name of the segment that contains a node at `place`, or undefined. */
export type SegmentOf = (place: string) => string | undefined;

/** The forward values that a gradient rule reads: the originals or their recomputed copies. */
export interface ForwardValues {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** Finds the forward values of a node; `gradientOf` holds the gradients of all later nodes. */
export type ForwardValuesOf = (
  node: Node,
  gradientOf: ReadonlyMap<Tensor, Tensor>,
) => ForwardValues;

/** One segment per block: places such as `blocks.3` or `image.layers.0`, with everything below them. */
export function blockSegments(place: string): string | undefined {
  return /^(?:.*?\.)?(?:blocks|layers)\.\d+(?=\.|$)/.exec(place)?.[0];
}

/**
 * Prepares the graph's segments for differentiation.
 *
 * A segment is a contiguous run of nodes with one name, so its inputs never depend on its outputs.
 * The copies read the inputs of the run through {@link after}: they wait for the gradients of the
 * run's outputs, and ONNX Runtime cannot merge them with the originals. Integers (expert ids,
 * orders, counts) are kept, and random numbers are inputs of the graph, so the copies equal the
 * originals bit for bit. A segment with constant gradients, which ends in the loss, is not recomputed:
 * its backward pass follows immediately.
 *
 * @param isGiven whether a tensor is kept, because it is read and not computed
 */
export function checkpointed(
  nodes: readonly Node[],
  segmentOf: SegmentOf,
  isGiven: (tensor: Tensor) => boolean = () => false,
): ForwardValuesOf {
  const runOf = findRuns(nodes, segmentOf);
  const copiers = new Map<readonly Node[], ForwardCopy | undefined>();
  return (node, gradientOf) => {
    const run = runOf.get(node);
    if (run === undefined) return node;
    if (!copiers.has(run)) {
      const awaited = run
        .flatMap((member) => member.outputs)
        .flatMap((output) => gradientOf.get(output) ?? [])
        .filter(dependsOnInputs);
      copiers.set(run, awaited.length === 0 ? undefined : copyOf(run, awaited, isGiven));
    }
    const copy = copiers.get(run);
    if (copy === undefined) return node;
    return { inputs: node.inputs.map(copy), outputs: node.outputs.map(copy) };
  };
}

type ForwardCopy = (tensor: Tensor) => Tensor;

/** Maps each node in a segment to its run of consecutive nodes; leaves are skipped. */
function findRuns(nodes: readonly Node[], segmentOf: SegmentOf): Map<Node, readonly Node[]> {
  const runOf = new Map<Node, Node[]>();
  let current: { name: string; run: Node[] } | undefined;
  for (const node of nodes) {
    if (isLeaf(node)) continue;
    const name = segmentOf(node.place);
    if (name === undefined) current = undefined;
    else {
      if (current?.name !== name) current = { name, run: [] };
      current.run.push(node);
      runOf.set(node, current.run);
    }
  }
  return runOf;
}

/** Copies the part of `run` that a tensor depends on, scheduled after the tensors of `awaited`. */
function copyOf(
  run: readonly Node[],
  awaited: readonly Tensor[],
  isGiven: (tensor: Tensor) => boolean,
): ForwardCopy {
  const members = new Set(run);
  const copies = new Map<Tensor, Tensor>();
  const held = new Map<Tensor, Tensor>();
  const { graph } = awaited[0]!;
  const zero = zeroAfter(awaited);
  const hold = (tensor: Tensor): Tensor => {
    const known = held.get(tensor) ?? after(tensor, zero);
    held.set(tensor, known);
    return known;
  };
  /** An input shared by copies and originals; leaves do not need to wait. */
  const keep = (tensor: Tensor): Tensor => (isLeaf(tensor.node) ? tensor : hold(tensor));
  const isKept = (tensor: Tensor): boolean =>
    !members.has(tensor.node) ||
    tensor.dtype === "int64" ||
    tensor.dtype === "int32" ||
    isGiven(tensor);
  const recompute = (node: Node): void => {
    const inputs = node.inputs.map((input) => copies.get(input) ?? keep(input));
    if (inputs.every((input) => isLeaf(input.node))) {
      const least = inputs.indexOf(inputs.reduce(smaller));
      inputs[least] = hold(inputs[least]!); // one waiting input is enough
    }
    const outer = { place: graph.place, origin: graph.origin, phase: graph.phase };
    Object.assign(graph, { place: node.place, origin: node.origin, phase: "recompute" });
    const again = addNode(graph, node.op, inputs, node.attributes);
    Object.assign(graph, outer);
    for (const [i, output] of node.outputs.entries()) {
      if (!isKept(output)) copies.set(output, again[i]!);
    }
  };
  return (tensor) => {
    if (isKept(tensor)) return keep(tensor);
    for (const node of missing(tensor, (input) => isKept(input) || copies.has(input))) {
      recompute(node);
    }
    return copies.get(tensor)!;
  };
}

/** The nodes that `tensor` depends on, up to available tensors, in graph order. */
function missing(tensor: Tensor, isThere: (tensor: Tensor) => boolean): Node[] {
  const found = new Set<Node>();
  const open = [tensor];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (isThere(next) || found.has(next.node)) continue;
    found.add(next.node);
    open.push(...next.node.inputs);
  }
  return [...found].sort((a, b) => a.id - b.id);
}

/** The tensor with fewer elements; symbolic sizes count as large. */
function smaller(a: Tensor, b: Tensor): Tensor {
  const size = ({ shape }: Tensor) => (isStatic(shape) ? elementCount(shape) : Infinity);
  return size(b) < size(a) ? b : a;
}

function isLeaf({ outputs }: Node): boolean {
  return isInput(outputs[0]!) || isConstant(outputs[0]!);
}

/** Whether the value of `tensor` is only known at run time. */
function dependsOnInputs(tensor: Tensor): boolean {
  const seen = new Set<Node>();
  const open = [tensor.node];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (seen.has(node)) continue;
    if (isInput(node.outputs[0]!)) return true;
    seen.add(node);
    for (const input of node.inputs) open.push(input.node);
  }
  return false;
}
