/** Numbers for tensors that are computed in the same way, also in different graphs. */
import type { Tensor } from "../../graph/graph.ts";
import { inputAttributes, isConstant, isInput } from "../../graph/inputs.ts";

/** Finds the class of a tensor; equal classes mean equal operators on equal leaves. */
export type TensorClasses = (tensor: Tensor) => number;

/**
 * A function that compares traces of one objective: in training, where the batch has a fixed size, and in
 * evaluation, where it has any. Sizes that are multiples of the batch size count as such in both.
 *
 * @param batchSize samples of a batch in training
 *
 * No example: the search for the frozen part of an objective uses it.
 */
export function createTensorClasses(batchSize: number): TensorClasses {
  const classes = new Map<string, number>();
  const known = new Map<Tensor, number>();
  const attributeKey = (attributes: unknown): string =>
    JSON.stringify(attributes, (_, value: unknown) => plainValue(value));

  const plainValue = (value: unknown): unknown => {
    if (typeof value === "number" && value !== 0 && value % batchSize === 0) {
      return `${value / batchSize}*B`;
    }
    if (typeof value === "bigint") return `${value}n`;
    if (ArrayBuffer.isView(value)) return String(value);
    if (typeof value === "function") return String(value);
    if (typeof value !== "object" || value === null) return value;
    if ("symbol" in value && "factor" in value) {
      return value.symbol === "B" ? `${value.factor}*B` : "run-time size";
    }
    // Tensors refer to the graph; only the value matters.
    return "node" in value ? `class ${known.get(value as Tensor)}` : value;
  };

  const keyOf = (tensor: Tensor): string => {
    const { node, index, dtype } = tensor;
    if (isInput(tensor)) {
      const { name, shape } = inputAttributes(tensor);
      return `input ${name} ${dtype} ${attributeKey(shape)}`;
    }
    if (isConstant(tensor)) {
      const { value } = node.attributes as { readonly value: { shape: unknown; data: unknown } };
      return `constant ${dtype} ${JSON.stringify(value.shape)} ${String(value.data)}`;
    }
    const inputs = node.inputs.slice(0, node.op.shapeInputs).map((input) => known.get(input)!);
    return `${node.op.name} ${index} ${attributeKey(node.attributes)} ${inputs}`;
  };

  return (tensor) => {
    // The nodes before it in the graph come first: models are too deep for recursion.
    const open = [tensor];
    for (let next = open.at(-1); next !== undefined; next = open.at(-1)) {
      const missing = known.has(next) ? [] : next.node.inputs.filter((input) => !known.has(input));
      if (missing.length > 0) {
        open.push(...missing);
        continue;
      }
      open.pop();
      if (known.has(next)) continue;
      const key = keyOf(next);
      const number = classes.get(key) ?? classes.size;
      classes.set(key, number);
      known.set(next, number);
    }
    return known.get(tensor)!;
  };
}
