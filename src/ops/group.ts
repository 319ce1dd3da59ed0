/**
 * Bringing the tokens of one expert together and putting them back: the moves behind dropless
 * dispatch. No sort is needed: `NonZero(Equal(experts, ids))` lists assignments expert by expert.
 *
 * Axes: `T` assignments, K-major (all first choices, then all second ones): assignment `k*N + n` is
 * choice `k` of token `n`; `E` experts; `n_e` assignments of expert `e`, known at run time.
 */
import { array } from "../graph/array.ts";
import { defineOp, type Tensor, type TensorSpec } from "../graph/graph.ts";
import { type Dim, divideDim, formatShape, symbolic } from "../graph/shape.ts";
import { reduceSum } from "./reduce.ts";
import { reshape } from "./reshape.ts";

/** Where each assignment stands once assignments are grouped by expert. */
export interface Grouping {
  /** Assignment at each grouped position, `[T]` int64. */
  readonly order: Tensor;
  /** Grouped position of each assignment, `[T]` int64: the inverse of `order`. */
  readonly inverse: Tensor;
  /** Assignments of each expert, `[E]` int64. */
  readonly counts: Tensor;
}

const groupOp = defineOp<{ readonly numExperts: number }>({
  name: "group_by_expert",
  infer: ([ids], { numExperts }) => {
    if (ids!.dtype !== "int64" || ids!.shape.length !== 1) {
      throw new TypeError(
        `expert ids must be int64 [T], got ${ids!.dtype} ${formatShape(ids!.shape)}`,
      );
    }
    const index: TensorSpec = { dtype: "int64", shape: ids!.shape };
    return [index, index, { dtype: "int64", shape: [numExperts] }];
  },
  emit: ({
    emitter,
    inputs: [ids],
    outputs: [order, inverse, counts],
    attributes: { numExperts },
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
    const size = emitter.add("Shape", [ids!]);
    const length = emitter.add("Squeeze", [size]);
    const [zero, one] = [0, 1].map((n) => emitter.constant(array(n, "int64")));
    const positions = emitter.add("Range", [zero!, length, one!]); // [T]
    emitter.add(
      "ScatterElements",
      [positions, order!, positions],
      { axis: 0 },
      { outputs: [inverse!] },
    );
    const ones = emitter.add("Cast", [mine], { to: 7 });
    emitter.add("ReduceSum", [ones, emitter.ints([1])], { keepdims: 0 }, { outputs: [counts!] });
  },
  gradient: () => [],
});

/** Groups assignments by expert; inside an expert they keep their order. */
export function groupByExpert(ids: Tensor, numExperts: number): Grouping {
  const [order, inverse, counts] = groupOp([ids], { numExperts });
  return { order: order!, inverse: inverse!, counts: counts! };
}

interface SplitAttributes {
  readonly sizes: readonly Dim[];
  /** When given, assignments become tokens: their remainder by `N = T / numSelected`. */
  readonly numSelected?: number;
}

const splitIndicesOp = defineOp<SplitAttributes>({
  name: "split_by_expert",
  infer: (_, { sizes }) => sizes.map((size) => ({ dtype: "int64", shape: [size] })),
  emit: ({ emitter, inputs: [indices, counts], outputs, attributes: { numSelected }, node }) => {
    let parts = indices!;
    if (numSelected !== undefined && numSelected > 1) {
      const total = node.inputs[0]!.shape[0]!;
      const numTokens =
        typeof total === "number"
          ? emitter.constant(array(total / numSelected, "int64"))
          : emitter.add("Div", [
              emitter.add("Shape", [indices!]),
              emitter.constant(array([numSelected], "int64")),
            ]);
      parts = emitter.add("Mod", [parts, numTokens]);
    }
    emitter.add("Split", [parts, counts!], { axis: 0 }, { outputs });
  },
  gradient: () => [],
});

/**
 * The assignments of each expert, or, with `numSelected` K, their tokens: `E` vectors `[n_e]`.
 */
export function splitByExpert(
  grouping: Grouping,
  sizes: readonly Dim[],
  numSelected?: number,
): Tensor[] {
  const attributes = numSelected === undefined ? { sizes } : { sizes, numSelected };
  return [...splitIndicesOp([grouping.order, grouping.counts], attributes)];
}

const splitRowsOp = defineOp<{ readonly sizes: readonly Dim[] }>({
  name: "split_rows_by_expert",
  infer: ([rows], { sizes }) =>
    sizes.map((size) => ({ dtype: rows!.dtype, shape: [size, ...rows!.shape.slice(1)] })),
  emit: ({ emitter, inputs, outputs }) => {
    emitter.add("Split", inputs, { axis: 0 }, { outputs });
  },
  gradient: () => [],
});

/** Cuts constants with a row for each grouped position, `[T, F]`, into `[n_e, F]` per expert. */
export function splitRowsByExpert(
  rows: Tensor,
  grouping: Grouping,
  sizes: readonly Dim[],
): Tensor[] {
  return [...splitRowsOp([rows, grouping.counts], { sizes })];
}

/** Fresh symbols for the number of assignments of each expert. */
export function expertSizes(numExperts: number, grouping: Grouping): Dim[] {
  return Array.from({ length: numExperts }, (_, e) => symbolic(`n${grouping.order.id}_${e}`));
}

const dispatchOp = defineOp<null>({
  name: "dispatch_rows",
  infer: ([x, , ...tokens]) =>
    tokens.map(({ shape }) => ({ dtype: x!.dtype, shape: [shape[0]!, x!.shape[1]!] })),
  emit: ({ emitter, inputs: [x, , ...tokens], outputs }) => {
    for (const [e, rows] of tokens.entries()) {
      emitter.add("Gather", [x!, rows], { axis: 0 }, { outputs: [outputs[e]!] });
    }
  },
  gradient: ({ inputs: [x, inverse], gradients, outputs }) => {
    const known = gradients.map((gradient, e) => {
      if (gradient === undefined) throw new TypeError(`expert ${e} of ${outputs.length} is unused`);
      return gradient;
    });
    const rows = ungroup([inverse!, ...known], null)[0]!; // [T, D]
    const [numTokens, width] = x!.shape;
    const numSelected = divideDim(inverse!.shape[0]!, numTokens!);
    return [reduceSum(reshape(rows, [numSelected, numTokens!, width!]), 0)]; // [N, D]
  },
});

/** Rows of `x` `[N, D]` for each expert, `[n_e, D]`; `tokens` are its token indices. */
export function dispatchRows(x: Tensor, grouping: Grouping, tokens: readonly Tensor[]): Tensor[] {
  return [...dispatchOp([x, grouping.inverse, ...tokens], null)];
}

/** Concatenates the experts' rows and brings them back into the order of assignments. */
const ungroup = defineOp<null>({
  name: "ungroup_rows",
  infer: ([inverse, first]) => [
    { dtype: first!.dtype, shape: [inverse!.shape[0]!, first!.shape[1]!] },
  ],
  emit: ({ emitter, inputs: [inverse, ...rows], outputs }) => {
    const grouped = emitter.add("Concat", rows, { axis: 0 });
    emitter.add("Gather", [grouped, inverse!], { axis: 0 }, { outputs });
  },
});

const collectOp = defineOp<{ readonly numExperts: number }>({
  name: "collect_rows",
  infer: ([inverse, first]) => [
    { dtype: first!.dtype, shape: [inverse!.shape[0]!, first!.shape[1]!] },
  ],
  emit: ({ emitter, inputs: [inverse, ...rest], outputs, attributes: { numExperts } }) => {
    const grouped = emitter.add("Concat", rest.slice(0, numExperts), { axis: 0 });
    emitter.add("Gather", [grouped, inverse!], { axis: 0 }, { outputs });
  },
  gradient: ({ inputs: [, ...rest], gradients: [dy], attributes: { numExperts } }) => [
    undefined,
    ...gatherEach([dy!, ...rest.slice(numExperts)], null),
  ],
});

const gatherEach = defineOp<null>({
  name: "gather_each",
  infer: ([x, ...indices]) =>
    indices.map(({ shape }) => ({ dtype: x!.dtype, shape: [shape[0]!, x!.shape[1]!] })),
  emit: ({ emitter, inputs: [x, ...indices], outputs }) => {
    for (const [e, rows] of indices.entries()) {
      emitter.add("Gather", [x!, rows], { axis: 0 }, { outputs: [outputs[e]!] });
    }
  },
});

/**
 * The experts' results in the order of assignments, `[T, D]`: undoes the grouping.
 *
 * @param results one `[n_e, D]` per expert
 * @param assignments the assignments of each expert, which its gradient gathers by
 */
export function collectRows(
  results: readonly Tensor[],
  grouping: Grouping,
  assignments: readonly Tensor[],
): Tensor {
  const inputs = [grouping.inverse, ...results, ...assignments];
  return collectOp(inputs, { numExperts: results.length })[0]!;
}
