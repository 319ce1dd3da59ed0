/** Reverse-mode differentiation as a transformation of the graph. */
import type { Node, Tensor } from "../graph/graph.ts";
import { constant } from "../graph/inputs.ts";
import { formatShape } from "../graph/shape.ts";
import { add } from "../ops/arithmetic.ts";
import { expand } from "../ops/reshape.ts";
import { checkpointed, type ForwardValuesOf, type SegmentOf } from "./checkpoint.ts";

export interface GradientOptions {
  /**
   * Segments whose activations are recomputed in the backward pass: less memory, more time, equal
   * gradients. Default none.
   */
  readonly checkpoint?: SegmentOf;
  /** Tensors that are read and not computed, so segments do not recompute them. Default none. */
  readonly isGiven?: (tensor: Tensor) => boolean;
}

/**
 * Appends the gradients of a scalar with respect to tensors to the graph (reverse mode).
 *
 * Nodes are visited in reverse order; the rule of each maps the gradients of its outputs to gradients
 * of its inputs. Gradients of a tensor with several uses are summed.
 *
 * @param loss a float32 tensor with one element
 * @param wrt tensors of the same graph
 * @returns one gradient per tensor of `wrt`, of its shape; zeros if the loss does not depend on it
 * @throws RangeError if the loss is not a scalar or an operator on the path has no gradient
 */
export function gradients(
  loss: Tensor,
  wrt: readonly Tensor[],
  options: GradientOptions = {},
): Tensor[] {
  const found = gradientsIfAny(loss, wrt, options);
  return found.map((gradient, i) => gradient ?? zerosLike(wrt[i]!));
}

/** As `gradients`, but undefined for tensors that the loss does not depend on. */
export function gradientsIfAny(
  loss: Tensor,
  wrt: readonly Tensor[],
  { checkpoint, isGiven }: GradientOptions = {},
): (Tensor | undefined)[] {
  if (loss.shape.length !== 0) {
    throw new RangeError(`gradients: the loss must be a scalar, got ${formatShape(loss.shape)}`);
  }
  const graph = loss.graph;
  const outer = { place: graph.place, origin: graph.origin, phase: graph.phase };
  const forwardValuesOf: ForwardValuesOf =
    checkpoint === undefined ? (node) => node : checkpointed([...graph.nodes], checkpoint, isGiven);
  const relevant = nodesBetween(wrt, loss);
  const gradientOf = new Map<Tensor, Tensor>([[loss, constant(graph, 1, loss.dtype)]]);

  for (const node of relevant) {
    const incoming = node.outputs.map((output) => gradientOf.get(output));
    if (incoming.every((gradient) => gradient === undefined)) continue;
    if (node.op.gradient === undefined) {
      throw new TypeError(
        `gradients: operator ${node.op.name} in ${node.place || "the model"} has no gradient`,
      );
    }
    graph.place = node.place;
    graph.origin = node.origin;
    graph.phase = "backward";
    const { inputs, outputs } = forwardValuesOf(node, gradientOf);
    const outgoing = node.op.gradient({
      inputs,
      outputs,
      attributes: node.attributes,
      gradients: incoming,
    });
    for (const [i, input] of node.inputs.entries()) {
      const gradient = outgoing[i];
      if (gradient === undefined) continue;
      const sum = gradientOf.get(input);
      gradientOf.set(input, sum === undefined ? gradient : add(sum, gradient));
    }
  }
  Object.assign(graph, outer);
  return wrt.map((tensor) => gradientOf.get(tensor));
}

/** Nodes on a path from `sources` to `target`, from the last to the first. */
function nodesBetween(sources: readonly Tensor[], target: Tensor): Node[] {
  const dependent = new Set<Tensor>(sources);
  const downstream = target.graph.nodes.filter((node) => {
    const depends = node.inputs.some((input) => dependent.has(input));
    if (depends) for (const output of node.outputs) dependent.add(output);
    return depends;
  });
  const needed = new Set<Node>([target.node]);
  return downstream.reverse().filter((node) => {
    if (!needed.has(node)) return false;
    for (const input of node.inputs) if (dependent.has(input)) needed.add(input.node);
    return true;
  });
}

/** Zeros of the type and shape of a tensor. */
export function zerosLike(tensor: Tensor): Tensor {
  return expand(constant(tensor.graph, 0, tensor.dtype), tensor);
}
