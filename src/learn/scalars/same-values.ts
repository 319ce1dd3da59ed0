/** Recognises tensors that are computed in the same way from the same tensors. */
import type { Tensor } from "../../graph/graph.ts";
import { isConstant, isInput } from "../../graph/inputs.ts";

/**
 * A function that compares two tensors of a graph: layers count the tokens of a mask again and again, and
 * equal counts are one weight.
 *
 * No example: `createSplit` compares weights.
 */
export function sameValues(): (a: Tensor, b: Tensor) => boolean {
  const classes = new Map<string, number>();
  const known = new Map<Tensor, number>();
  const classOf = (tensor: Tensor): number => {
    const found = known.get(tensor);
    if (found !== undefined) return found;
    const { node, index } = tensor;
    const isLeaf = isInput(tensor) || isConstant(tensor);
    const own = isLeaf ? `leaf ${tensor.id}` : JSON.stringify(node.attributes, tensorId);
    const key = [node.op.name, index, own, ...node.inputs.map(classOf)].join("|");
    const number = classes.get(key) ?? classes.size;
    classes.set(key, number);
    known.set(tensor, number);
    return number;
  };
  return (a, b) => a === b || classOf(a) === classOf(b);
}

/** Tensors in attributes by their ids, as they refer to the graph. */
function tensorId(_: string, value: unknown): unknown {
  const isTensor = typeof value === "object" && value !== null && "node" in value;
  return isTensor ? `tensor ${(value as Tensor).id}` : value;
}
