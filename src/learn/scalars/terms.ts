/** Splits the scalars of an objective into means that have one weight each. */
import { usageError } from "../../graph/errors.ts";
import type { Graph, Node, Tensor } from "../../graph/graph.ts";
import { inputAttributes, isConstant, isInput } from "../../graph/inputs.ts";
import { formatShape, product } from "../../graph/shape.ts";
import { declaredWeight, type MeanWeight } from "../../losses/mean-over.ts";
import { add, div, mul, neg } from "../../ops/arithmetic.ts";
import { elementCountOf } from "../../ops/run-time-shape.ts";
import { sameValues } from "./same-values.ts";

/** A summand of a scalar: the mean of a batch, with a factor that no batch changes. */
export interface Term {
  readonly value: Tensor;
  readonly weight: MeanWeight;
}

/** Splits a scalar; `name` is for errors. */
export type SplitScalar = (name: string, scalar: Tensor) => Term[];

/**
 * A function that splits scalars into terms, one for each weight: the sum of the terms is the scalar.
 *
 * A mean of all entries has their number as its weight, a scalar of `meanOver` the declared one. Sums,
 * and products with factors that do not depend on the batch, keep the weights. Anything else must be
 * declared, as batches could not be combined otherwise.
 *
 * @param isBatch whether an input belongs to a batch, by its name
 *
 * No example: evaluation and accumulation split the scalars of an objective.
 */
export function createSplit(isBatch: (name: string) => boolean): SplitScalar {
  const follows = batchDependence(isBatch);
  const same = sameValues();
  const weights: Tensor[] = [];
  /** One tensor for all weights that are computed alike. */
  const shared = (weight: MeanWeight): MeanWeight => {
    if (weight === "samples") return weight;
    const known = weights.find((other) => same(other, weight));
    if (known === undefined) weights.push(weight);
    return known ?? weight;
  };
  return (name, scalar) => {
    const terms = split(scalar, follows);
    if (terms === undefined) throw undeclared(name, scalar);
    return merge(
      scalar,
      terms.map(({ value, weight }) => ({ value, weight: shared(weight) })),
    );
  };
}

/** A function that says whether a tensor depends on the batch. */
export function batchDependence(isBatch: (name: string) => boolean): (tensor: Tensor) => boolean {
  const dependent = new Set<Node>();
  let seen = 0;
  return ({ graph, node }) => {
    // In the order of the graph, as models are too deep for recursion.
    for (; seen < graph.nodes.length; seen++) {
      const next = graph.nodes[seen]!;
      const [first] = next.outputs;
      const follows = isInput(first!)
        ? isGiven(first!, isBatch)
        : next.inputs.some((input) => dependent.has(input.node));
      if (follows) dependent.add(next);
    }
    return dependent.has(node);
  };
}

/** Whether an input differs between the batches of an update. */
function isGiven(tensor: Tensor, isBatch: (name: string) => boolean): boolean {
  const { name, role } = inputAttributes(tensor);
  return role === "random" || isBatch(name);
}

/** Operators that leave a single number as it is. */
const UNCHANGED = new Set(["reshape", "expand", "transpose", "stop_gradient", "cast"]);

function split(tensor: Tensor, follows: (tensor: Tensor) => boolean): Term[] | undefined {
  if (product(tensor.shape) !== 1) return undefined;
  if (!follows(tensor)) return [{ value: tensor, weight: "samples" }];
  const declared = declaredWeight(tensor);
  if (declared !== undefined) return [{ value: tensor, weight: declared }];
  const { op, inputs, attributes } = tensor.node;
  const [a, b] = inputs as [Tensor, Tensor];
  const through = (of: Tensor, apply: (value: Tensor) => Tensor): Term[] | undefined => {
    const terms = split(of, follows);
    if (terms?.length === 1) return [{ value: tensor, weight: terms[0]!.weight }];
    return terms?.map(({ value, weight }) => ({ value: apply(value), weight }));
  };
  if (UNCHANGED.has(op.name)) return through(a, (value) => value);
  switch (op.name) {
    case "mean": {
      const { axes } = attributes as { readonly axes: readonly number[] };
      const weight = axes.length === a.shape.length ? entries(a) : undefined;
      return weight && [{ value: tensor, weight }];
    }
    case "neg":
      return through(a, neg);
    case "mul":
      if (!follows(b)) return through(a, (value) => mul(value, b));
      return follows(a) ? undefined : through(b, (value) => mul(a, value));
    case "div":
      return follows(b) ? undefined : through(a, (value) => div(value, b));
    case "add":
    case "sub": {
      const [left, right] = [split(a, follows), split(b, follows)];
      if (left === undefined || right === undefined) return undefined;
      if (op.name === "add") return [...left, ...right];
      return [...left, ...right.map(({ value, weight }) => ({ value: neg(value), weight }))];
    }
    default:
      return undefined;
  }
}

/** The weight of a mean over all entries, or undefined if they are not the samples' own. */
function entries(x: Tensor): MeanWeight | undefined {
  const symbols = x.shape.flatMap((dim) => (typeof dim === "number" ? [] : [dim.symbol]));
  // Shapes of training are fixed: every batch has the same number of entries.
  if (symbols.length === 0) return isFixed(x.graph) ? "samples" : undefined;
  if (symbols.length > 1) return undefined;
  const axes = x.shape.map((_, axis) => axis);
  return symbols[0] === "B" ? "samples" : elementCountOf(x, axes);
}

/** Whether the batch size of the graph is fixed. */
function isFixed(graph: Graph): boolean {
  return !graph.nodes.some(({ outputs: [first] }) =>
    first!.shape.some((dim) => typeof dim !== "number" && dim.symbol === "B"),
  );
}

/** One term for each weight. */
function merge(scalar: Tensor, terms: readonly Term[]): Term[] {
  const merged: Term[] = [];
  for (const term of terms.filter(({ value }) => !isZero(value))) {
    const at = merged.findIndex(({ weight }) => weight === term.weight);
    if (at < 0) merged.push(term);
    else merged[at] = { ...merged[at]!, value: add(merged[at]!.value, term.value) };
  }
  const [first] = merged;
  return merged.length > 1 ? merged : [{ value: scalar, weight: first?.weight ?? "samples" }];
}

function isZero(value: Tensor): boolean {
  if (!isConstant(value)) return false;
  const { value: constant } = value.node.attributes as {
    readonly value: { readonly data: ArrayLike<unknown> };
  };
  return Number(constant.data[0]) === 0;
}

function undeclared(name: string, { node, shape }: Tensor): Error {
  const over = node.inputs[0] && ` of ${formatShape(node.inputs[0].shape)}`;
  const what =
    shape.length > 0 ? `has the shape ${formatShape(shape)}` : `is ${node.op.name}${over}`;
  return usageError(
    `the objective's "${name}" ${what}, not a mean over the samples of the batch, so batches cannot be combined; return meanOver(value, count) with the number of things that it is a mean over, or meanOver(value, "samples")`,
  );
}
