/**
 * Groups the tokens of each expert and restores their order: the operations of dropless
 * dispatch. No sort is needed: `NonZero(Equal(experts, ids))` lists assignments expert by expert.
 *
 * Axes: `T` assignments, K-major (all first choices, then all second choices): assignment `k*N + n` is
 * choice `k` of token `n`; `E` experts; `n_e` assignments of expert `e`, known at run time.
 *
 * Assignments to expert `E` have no expert: they are in no group, their collected values are
 * zero, and they give no gradient. `T'` is the number of the other assignments, known only at run time if
 * such assignments are allowed, otherwise equal to `T`.
 */
import { allocate, array } from "../graph/array.ts";
import { defineOp, type Emission, type Tensor, type TensorSpec } from "../graph/graph.ts";
import {
  type Dim,
  divideDim,
  formatShape,
  product,
  type Shape,
  sameDim,
  symbolic,
} from "../graph/shape.ts";
import { zerosLike } from "./gather.ts";
import { reduceSum } from "./reduce.ts";
import { reshape } from "./reshape.ts";

/** Positions of assignments after grouping by expert. */
export interface Grouping {
  /** Assignment at each grouped position, `[T']` int64. */
  readonly order: Tensor;
  /** Grouped position of each assignment, `[T]` int64; `T'` if it has no expert. */
  readonly inverse: Tensor;
  /** Assignments of each expert, `[E]` int64. */
  readonly counts: Tensor;
}

interface GroupAttributes {
  readonly numExperts: number;
  /** `T'`, if some assignments may have no expert. */
  readonly placed?: Dim;
}

const groupOp = defineOp<GroupAttributes>({
  name: "group_by_expert",
  infer: ([ids], { numExperts, placed }) => {
    if (ids!.dtype !== "int64" || ids!.shape.length !== 1) {
      throw new TypeError(
        `expert ids must be int64 [T], got ${ids!.dtype} ${formatShape(ids!.shape)}`,
      );
    }
    const index: TensorSpec = { dtype: "int64", shape: ids!.shape };
    const order = placed === undefined ? index : { ...index, shape: [placed] };
    return [order, index, { dtype: "int64", shape: [numExperts] }];
  },
  emit: ({
    emitter,
    inputs: [ids],
    outputs: [order, inverse, counts],
    attributes: { numExperts, placed },
  }) => {
    const experts = emitter.constant(
      array(
        Array.from({ length: numExperts }, (_, e) => [e]),
        "int64",
      ),
    );
    const mine = emitter.add("Equal", [experts, ids!]); // [E, T]
    const places = emitter.add("NonZero", [mine]); // [2, T]: expert, assignment
    emitter.add(
      "Gather",
      [places, emitter.constant(array(1, "int64"))],
      { axis: 0 },
      { outputs: [order!] },
    );
    const size = emitter.add("Shape", [placed === undefined ? ids! : order!]);
    const length = emitter.add("Squeeze", [size]);
    const [zero, one] = [0, 1].map((n) => emitter.constant(array(n, "int64")));
    const positions = emitter.add("Range", [zero!, length, one!]); // [T']
    const initial =
      placed === undefined
        ? positions // every entry is overwritten
        : emitter.add("Expand", [length, emitter.add("Shape", [ids!])]); // [T]
    emitter.add(
      "ScatterElements",
      [initial, order!, positions],
      { axis: 0 },
      { outputs: [inverse!] },
    );
    const ones = emitter.add("Cast", [mine], { to: 7 });
    emitter.add("ReduceSum", [ones, emitter.ints([1])], { keepdims: 0 }, { outputs: [counts!] });
  },
  gradient: () => [],
});

/**
 * Groups assignments by expert; within an expert they keep their order.
 *
 * @param ids `[T]` int64
 * @param mayDrop whether `ids` may contain `numExperts`, "no expert". Default false, which is faster
 * @example
 * const [y] = await evaluate((ids) => groupByExpert(ids, 2).counts, [array([1, 0, 1], "int64")]); // [1, 2]
 */
export function groupByExpert(
  ids: Tensor,
  numExperts: number,
  { mayDrop = false }: { readonly mayDrop?: boolean } = {},
): Grouping {
  const drop = mayDrop ? { placed: symbolic(`placed${ids.id}`) } : {};
  const [order, inverse, counts] = groupOp([ids], { numExperts, ...drop });
  return { order: order!, inverse: inverse!, counts: counts! };
}

/** Whether some assignments may have no expert. */
export function mayDrop({ order, inverse }: Pick<Grouping, "order" | "inverse">): boolean {
  return !sameDim(order.shape[0]!, inverse.shape[0]!);
}

/** Fresh symbols for the number of assignments of each expert. */
export function expertSizes(numExperts: number, grouping: Grouping): Dim[] {
  return Array.from({ length: numExperts }, (_, e) => symbolic(`n${grouping.order.id}_${e}`));
}

/**
 * Up to this many floats per expert, rows are gathered at once and then split: fewer nodes, each of
 * which has overhead. Above, one gather per expert avoids the copy.
 */
const GATHER_AT_ONCE = 2 ** 16;

/** Emits the rows of `x` at `indices` `[T]`, split into one tensor per expert. */
function emitGatherPerExpert(
  { emitter, outputs }: Pick<Emission<unknown>, "emitter" | "outputs">,
  { x, indices, counts }: { x: string; indices: string; counts: string },
  size: number | undefined,
): void {
  if (size !== undefined && size <= GATHER_AT_ONCE * outputs.length) {
    const rows = emitter.add("Gather", [x, indices], { axis: 0 });
    emitter.add("Split", [rows, counts], { axis: 0 }, { outputs });
    return;
  }
  const parts = outputs.map(() => emitter.fresh());
  emitter.add("Split", [indices, counts], { axis: 0 }, { outputs: parts });
  for (const [e, part] of parts.entries()) {
    emitter.add("Gather", [x, part], { axis: 0 }, { outputs: [outputs[e]!] });
  }
}

/** Number of floats in a tensor, or undefined if it is only known at run time. */
function staticSize({ shape }: TensorSpec): number | undefined {
  const size = product(shape);
  return typeof size === "number" ? size : undefined;
}

function rowsPerExpert(x: TensorSpec, sizes: readonly Dim[]): TensorSpec[] {
  return sizes.map((size) => ({ dtype: x.dtype, shape: [size, ...x.shape.slice(1)] }));
}

const dispatchOp = defineOp<{ readonly sizes: readonly Dim[] }>({
  name: "dispatch_rows",
  infer: ([x], { sizes }) => rowsPerExpert(x!, sizes),
  emit: ({ emitter, inputs: [x, order, , counts], outputs, node }) => {
    const [rows, , assignments] = node.inputs.map(({ shape }) => shape) as [Shape, Shape, Shape];
    const numSelected = divideDim(assignments[0]!, rows[0]!) as number;
    const numTokens =
      typeof rows[0] === "number"
        ? emitter.constant(array(rows[0], "int64"))
        : emitter.add("Gather", [emitter.add("Shape", [x!]), emitter.constant(array(0, "int64"))]);
    const indices = numSelected === 1 ? order! : emitter.add("Mod", [order!, numTokens]);
    const size = staticSize({ dtype: "float32", shape: [assignments[0]!, ...rows.slice(1)] });
    emitGatherPerExpert({ emitter, outputs }, { x: x!, indices, counts: counts! }, size);
  },
  gradient: ({ inputs: [x, order, inverse, counts], outputs, gradients }) => {
    const parts = outputs.map((output, e) => gradients[e] ?? zerosLike(output));
    const rows = collectOp([inverse!, order!, counts!, ...parts], null)[0]!; // [T, D]
    const [numTokens, width] = x!.shape;
    const numSelected = divideDim(inverse!.shape[0]!, numTokens!);
    return [reduceSum(reshape(rows, [numSelected, numTokens!, width!]), 0)]; // [N, D]
  },
});

/**
 * The tokens of each expert, `[n_e, D]`.
 *
 * @param x `[N, D]`
 * @param sizes `n_e` of each expert, from `expertSizes`
 */
export function dispatchRows(x: Tensor, grouping: Grouping, sizes: readonly Dim[]): Tensor[] {
  const { order, inverse, counts } = grouping;
  return [...dispatchOp([x, order, inverse, counts], { sizes })];
}

type Apply<A> = (inputs: readonly Tensor[], attributes: A) => readonly Tensor[];

function inAssignmentOrder(index: TensorSpec, { dtype, shape }: TensorSpec): TensorSpec {
  return { dtype, shape: [index.shape[0]!, ...shape.slice(1)] };
}

const collectOp: Apply<null> = defineOp<null>({
  name: "collect_rows",
  infer: ([inverse, , , first]) => [inAssignmentOrder(inverse!, first!)],
  emit: ({ emitter, inputs: [inverse, , , ...rows], outputs, node }) => {
    const [to, order, , first] = node.inputs as [Tensor, Tensor, Tensor, Tensor];
    const none = mayDrop({ order, inverse: to })
      ? [emitter.constant(allocate(first.dtype, [1, ...(first.shape.slice(1) as number[])]))]
      : [];
    const grouped = emitter.add("Concat", [...rows, ...none], { axis: 0 });
    emitter.add("Gather", [grouped, inverse!], { axis: 0 }, { outputs });
  },
  gradient: ({ inputs: [inverse, order, counts, ...results], gradients: [dy] }) => {
    const sizes = results.map(({ shape }) => shape[0]!);
    const parts = regroupOp([dy!, inverse!, order!, counts!], { sizes });
    return [undefined, undefined, undefined, ...parts];
  },
});

const regroupOp: Apply<{ readonly sizes: readonly Dim[] }> = defineOp({
  name: "regroup_rows",
  infer: ([x], { sizes }) => rowsPerExpert(x!, sizes),
  emit: ({ emitter, inputs: [x, , order, counts], outputs, node }) => {
    const names = { x: x!, indices: order!, counts: counts! };
    emitGatherPerExpert({ emitter, outputs }, names, staticSize(node.inputs[0]!));
  },
  gradient: ({ inputs: [, inverse, order, counts], outputs, gradients }) => {
    const parts = outputs.map((output, e) => gradients[e] ?? zerosLike(output));
    return [collectOp([inverse!, order!, counts!, ...parts], null)[0]!];
  },
});

/** Groups rows `[T, D]` from the order of assignments by expert, `[n_e, D]` each. */
export function regroupRows(
  rows: Tensor,
  { order, inverse, counts }: Grouping,
  sizes: readonly Dim[],
): Tensor[] {
  return [...regroupOp([rows, inverse, order, counts], { sizes })];
}

/**
 * Returns the experts' results `[n_e, D]` to the order of assignments, `[T, D]`: the inverse of grouping.
 * Assignments without an expert get zeros.
 */
export function collectRows(results: readonly Tensor[], grouping: Grouping): Tensor {
  const { order, inverse, counts } = grouping;
  return collectOp([inverse, order, counts, ...results], null)[0]!;
}

const joinOp: Apply<null> = defineOp<null>({
  name: "join_rows",
  infer: ([order, , first]) => [inAssignmentOrder(order!, first!)],
  emit: ({ emitter, inputs: [, , ...parts], outputs }) => {
    emitter.add("Concat", parts, { axis: 0 }, { outputs });
  },
  gradient: ({ inputs: [order, counts, ...parts], gradients: [dy] }) => {
    const sizes = parts.map(({ shape }) => shape[0]!);
    return [undefined, undefined, ...cutOp([dy!, order!, counts!], { sizes })];
  },
});

/** Concatenates the experts' rows, `[T', F]`, still grouped. */
export function joinRows(parts: readonly Tensor[], { order, counts }: Grouping): Tensor {
  return joinOp([order, counts, ...parts], null)[0]!;
}

const cutOp: Apply<{ readonly sizes: readonly Dim[] }> = defineOp({
  name: "cut_rows",
  infer: ([x], { sizes }) => rowsPerExpert(x!, sizes),
  emit: ({ emitter, inputs: [x, , counts], outputs }) => {
    emitter.add("Split", [x!, counts!], { axis: 0 }, { outputs });
  },
  gradient: ({ inputs: [, order, counts], outputs, gradients }) => {
    const parts = outputs.map((output, e) => gradients[e] ?? zerosLike(output));
    return [joinOp([order!, counts!, ...parts], null)[0]!];
  },
});

/** Splits grouped rows `[T', F]` into `[n_e, F]` per expert. */
export function cutRows(
  rows: Tensor,
  { order, counts }: Grouping,
  sizes: readonly Dim[],
): Tensor[] {
  return [...cutOp([rows, order, counts], { sizes })];
}
