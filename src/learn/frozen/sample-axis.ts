/** Where the samples of a batch are in a tensor, from its shape and the operators before it. */
import type { Node, Tensor } from "../../graph/graph.ts";
import { isInput } from "../../graph/inputs.ts";
import { type Dim, product, type Shape } from "../../graph/shape.ts";

/**
 * Follows the samples through a graph with a symbolic batch size `B`; nodes come in the order of the graph.
 *
 * Rules are those of shapes, so they hold for every operator: samples are mixed if a floating-point result
 * has no axis for them or two, or an operator works along their axis. Integers without such an axis only
 * count and index.
 */
export interface SampleAxes {
  /** Whether the samples of `node`, which depends on the batch, influence each other's values. */
  mixes(node: Node, dependsOnBatch: (tensor: Tensor) => boolean): boolean;
  /** Whether the entries of each sample are contiguous, in the order of the batch: `[k*B, ...]`. */
  isBySample(tensor: Tensor): boolean;
}

export function followSamples(): SampleAxes {
  /** Copies of the batch in the axis of the samples: 2 for all first choices before all second ones. */
  const copies = new Map<Tensor, number>();
  const copiesOf = (tensor: Tensor): number => copies.get(tensor) ?? 1;

  const follow = (node: Node, inputs: readonly Tensor[]): void => {
    const [x] = inputs;
    const most = Math.max(1, ...inputs.map(copiesOf));
    for (const output of node.outputs) {
      const axis = sampleAxis(output.shape);
      if (node.op.name !== "reshape" || axis === undefined || x === undefined) {
        copies.set(output, most);
        continue;
      }
      const before = sizeBefore(x.shape, sampleAxis(x.shape) ?? 0) * copiesOf(x);
      copies.set(output, before / sizeBefore(output.shape, axis));
    }
  };

  return {
    mixes(node, dependsOnBatch) {
      if (isInput(node.outputs[0]!)) return false;
      const inputs = node.inputs.filter(dependsOnBatch);
      follow(node, inputs);
      const lost = node.outputs.some(
        ({ dtype, shape }) =>
          dtype.startsWith("float") && (!hasRunTimeSize(shape) || sampleAxes(shape).length > 1),
      );
      // The axes are those of the first input: a table of embeddings is read by ids along its own.
      const [first] = node.inputs;
      const along = first && dependsOnBatch(first) ? first.shape : [];
      return lost || axesOf(node).some((axis) => isSamples(along[axis]));
    },
    isBySample(tensor) {
      const { shape } = tensor;
      const others = shape.slice(1).every((dim) => typeof dim === "number");
      return isSamples(shape[0]) && others && copiesOf(tensor) === 1;
    },
  };
}

/** The axes along which an operator works, by the usual names of its attributes. */
function axesOf({ attributes }: Node): readonly number[] {
  const { axis, axes = axis } = (attributes ?? {}) as { axis?: number; axes?: number | number[] };
  return axes === undefined ? [] : [axes].flat();
}

function isSamples(dim: Dim | undefined): boolean {
  return typeof dim === "object" && dim.symbol === "B";
}

function sampleAxes(shape: Shape): number[] {
  return shape.flatMap((dim, axis) => (isSamples(dim) ? [axis] : []));
}

function sampleAxis(shape: Shape): number | undefined {
  return sampleAxes(shape)[0];
}

function hasRunTimeSize(shape: Shape): boolean {
  return shape.some((dim) => typeof dim !== "number");
}

/** Entries before an axis; not a number if a size is only known at run time. */
function sizeBefore(shape: Shape, axis: number): number {
  const size = product(shape.slice(0, axis));
  return typeof size === "number" ? size : Number.NaN;
}
