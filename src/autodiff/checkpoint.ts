/**
 * Gradient checkpointing (arXiv:1604.06174): the activations inside a segment of the graph are not
 * kept for the backward pass but computed a second time when it gets there.
 */
import { elementCount } from "../graph/array.ts";
import { addNode, type Node, type Tensor } from "../graph/graph.ts";
import { isConstant, isInput } from "../graph/inputs.ts";
import { isStatic } from "../graph/shape.ts";
import { after, zeroAfter } from "../ops/after.ts";

/** The segment that a node at `place` of the model belongs to, by name; undefined: none. */
export type SegmentOf = (place: string) => string | undefined;

/** What a gradient rule is given of its node: values of the forward pass, or their second copies. */
export interface ForwardValues {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

/** Finds the forward values of a node; gradients of all nodes after it are in `gradientOf`. */
export type ForwardValuesOf = (
  node: Node,
  gradientOf: ReadonlyMap<Tensor, Tensor>,
) => ForwardValues;

/** A segment for each block: places such as `blocks.3` or `image.layers.0`, and all below them. */
export function blockSegments(place: string): string | undefined {
  return /^(?:.*?\.)?(?:blocks|layers)\.\d+(?=\.|$)/.exec(place)?.[0];
}

/**
 * Prepares the graph's segments for differentiation.
 *
 * A segment is an unbroken run of nodes with one name, so nothing that it needs depends on what it
 * gives. Its copies take the run's inputs through {@link after}: they wait for the gradients of the
 * run's results, and ONNX Runtime cannot merge them with the originals. Integers (expert ids,
 * orders, counts) are kept: choices are made once, and random numbers are inputs of the graph, so
 * the copies have the bits of the originals. A segment whose gradients are constants, which ends in
 * the loss itself, is not computed twice: its backward pass follows at once.
 */
export function checkpointed(nodes: readonly Node[], segmentOf: SegmentOf): ForwardValuesOf {
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
      copiers.set(run, awaited.length === 0 ? undefined : copyOf(run, awaited));
    }
    const copy = copiers.get(run);
    if (copy === undefined) return node;
    return { inputs: node.inputs.map(copy), outputs: node.outputs.map(copy) };
  };
}

type ForwardCopy = (tensor: Tensor) => Tensor;

/** The run of each node that is in one: consecutive nodes of one segment; leaves do not count. */
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

/** Copies the part of `run` that a tensor needs, to be computed after the tensors of `awaited`. */
function copyOf(run: readonly Node[], awaited: readonly Tensor[]): ForwardCopy {
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
  /** A tensor that the copies share with the originals; leaves need not wait. */
  const keep = (tensor: Tensor): Tensor => (isLeaf(tensor.node) ? tensor : hold(tensor));
  const isKept = ({ node, dtype }: Tensor): boolean =>
    !members.has(node) || dtype === "int64" || dtype === "int32";
  const recompute = (node: Node): void => {
    const inputs = node.inputs.map((input) => copies.get(input) ?? keep(input));
    if (inputs.every((input) => isLeaf(input.node))) {
      const least = inputs.indexOf(inputs.reduce(smaller));
      inputs[least] = hold(inputs[least]!); // one input that waits is enough
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

/** The nodes behind `tensor` up to tensors that are there, in the order of the graph. */
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

/** The one with fewer elements; run-time sizes count as large. */
function smaller(a: Tensor, b: Tensor): Tensor {
  const size = ({ shape }: Tensor) => (isStatic(shape) ? elementCount(shape) : Infinity);
  return size(b) < size(a) ? b : a;
}

function isLeaf({ outputs }: Node): boolean {
  return isInput(outputs[0]!) || isConstant(outputs[0]!);
}

/** Whether the value of `tensor` is known only when the graph runs. */
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
