/** Checks an operator against a float64 reference: its values, and its gradients by finite differences. */
import fc from "fast-check";
import { expect } from "vitest";
import { CENTRAL, differences } from "../autodiff/differences.fixture.ts";
import { gradients } from "../autodiff/gradients.ts";
import { allocate, array, type NdArray, toNumbers } from "../graph/array.ts";
import { createGraph, type Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { formatShape, isStatic, type Shape } from "../graph/shape.ts";
import { emitModel } from "../onnx/emit.ts";
import type { TensorFunction } from "../runtime/evaluate.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import { add, mul } from "./arithmetic.ts";
import { reduceSum } from "./reduce.ts";

/** Values of references: row-major float64 entries. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export type Reference = (...inputs: Values[]) => Values | readonly Values[];

export interface OperatorCheck {
  readonly fn: TensorFunction;
  readonly reference: Reference;
  readonly inputs: readonly NdArray[];
  /** Symbolic shapes for tracing, if they differ from the shapes of `inputs`. */
  readonly shapes?: readonly (Shape | undefined)[];
  /** More inputs for the same graph, with other sizes of the symbolic dimensions. */
  readonly again?: readonly (readonly NdArray[])[];
  /** Tolerated relative error of gradients; values get a tenth of it. Default 1e-3. */
  readonly tolerance?: number;
  /** Inputs to differentiate with respect to; default: all float32 inputs. An empty list checks only values. */
  readonly wrt?: readonly number[];
  /** Outputs in the differentiated sum; default: all float32 outputs. */
  readonly through?: readonly number[];
}

/** Checks one operator; throws with both numbers if they differ. */
export async function checkOperator(check: OperatorCheck): Promise<void> {
  await checkOperators([check]);
}

/** Checks several operators in one session, which is much faster. */
export async function checkOperators(checks: readonly OperatorCheck[]): Promise<void> {
  if (checks.length === 0) return;
  const graph = createGraph();
  const named: Record<string, Tensor> = {};
  const traced = checks.map((check, c) => {
    const tensors = check.inputs.map((value, i) =>
      input(graph, `c${c}.in${i}`, { dtype: value.dtype, shape: check.shapes?.[i] ?? value.shape }),
    );
    const result = check.fn(...tensors);
    const outputs: readonly Tensor[] = "graph" in result ? [result] : result;
    const isReal = (tensor: Tensor): boolean => tensor.dtype === "float32";
    const wrt = check.wrt ?? tensors.flatMap((tensor, i) => (isReal(tensor) ? [i] : []));
    const through = check.through ?? outputs.flatMap((tensor, i) => (isReal(tensor) ? [i] : []));
    outputs.forEach((tensor, i) => {
      named[`c${c}.out${i}`] = tensor;
    });
    if (wrt.length > 0) {
      const terms = through.map((i) => {
        const { dtype, shape } = outputs[i]!;
        return reduceSum(mul(outputs[i]!, input(graph, `c${c}.w${i}`, { dtype, shape })));
      });
      const found = gradients(
        terms.reduce((sum, term) => add(sum, term)),
        wrt.map((i) => tensors[i]!),
      );
      wrt.forEach((i, at) => {
        expect(formatShape(found[at]!.shape), `shape of gradient ${i}`).toBe(
          formatShape(tensors[i]!.shape),
        );
        named[`c${c}.grad${i}`] = found[at]!;
      });
    }
    return { check, outputs, wrt, through };
  });

  const model = emitModel(named);
  const session = await nativeRuntime().createSession(model.bytes, { explain: model.explain });
  try {
    const rounds = Math.max(...checks.map(({ again = [] }) => again.length + 1));
    for (let round = 0; round < rounds; round++) {
      const feeds: Record<string, NdArray> = {};
      const references = traced.map(({ check, outputs, through }, c) => {
        const given = round === 0 ? check.inputs : (check.again?.[round - 1] ?? check.inputs);
        given.forEach((value, i) => {
          feeds[`c${c}.in${i}`] = value;
        });
        const exact = given.map(toValues);
        const expected = listOf(check.reference(...exact));
        outputs.forEach(({ shape }, i) => {
          if (isStatic(shape)) {
            expect(shape, `shape of output ${i}`).toEqual([...expected[i]!.shape]);
          }
        });
        const weights = through.map((i) => randomArray(expected[i]!.shape, 1000 + 7 * i + round));
        through.forEach((i, at) => {
          feeds[`c${c}.w${i}`] = weights[at]!;
        });
        return { exact, expected, weights };
      });
      const needed = new Set(model.inputs.map(({ name }) => name));
      const results = await session.run(
        Object.fromEntries(Object.entries(feeds).filter(([name]) => needed.has(name))),
      );
      for (const [c, { check, outputs, wrt, through }] of traced.entries()) {
        const { exact, expected, weights } = references[c]!;
        const tolerance = check.tolerance ?? 1e-3;
        const label = checks.length > 1 ? `case ${c}, ` : "";
        outputs.forEach((_, i) => {
          const found = results[`c${c}.out${i}`]!;
          expectClose(found, expected[i]!, tolerance / 10, `${label}output ${i}`);
        });
        for (const i of wrt) {
          const slope = await slopesOf(check.reference, exact, i, through, weights);
          expectClose(results[`c${c}.grad${i}`]!, slope, tolerance, `${label}gradient ${i}`);
        }
      }
    }
  } finally {
    session.dispose();
  }
}

/** Central differences of the weighted sum of outputs with respect to every entry of input `i`. */
async function slopesOf(
  reference: Reference,
  inputs: readonly Values[],
  i: number,
  through: readonly number[],
  weights: readonly NdArray[],
): Promise<Values> {
  const entries = Float64Array.from(inputs[i]!.data);
  const moved = inputs.with(i, { shape: inputs[i]!.shape, data: entries });
  const weighted = (): [number] => {
    const outputs = listOf(reference(...moved));
    let sum = 0;
    through.forEach((output, at) => {
      const { data } = outputs[output]!;
      for (let e = 0; e < data.length; e++) sum += data[e]! * Number(weights[at]!.data[e]);
    });
    return [sum];
  };
  const slopes = await differences(entries, { step: 1e-5, stencil: CENTRAL }, weighted);
  return { shape: inputs[i]!.shape, data: slopes.flat() };
}

/** Fails if an entry is off by more than `tolerance` times (its magnitude plus the typical magnitude). */
export function expectClose(
  found: NdArray,
  expected: Values,
  tolerance: number,
  label: string,
): void {
  expect(found.shape, `shape of ${label}`).toEqual([...expected.shape]);
  const wanted = Array.from(expected.data);
  const finite = wanted.filter(Number.isFinite);
  const typical = Math.sqrt(finite.reduce((sum, x) => sum + x * x, 0) / (finite.length || 1));
  const got = toNumbers(found);
  wanted.forEach((want, e) => {
    const off = Math.abs(got[e]! - want);
    if (Object.is(got[e], want) || off <= tolerance * (Math.abs(want) + typical) + 1e-6) return;
    throw new Error(
      `${label}, entry ${e} of [${expected.shape}]: got ${got[e]}, expected ${want}\n  got      ${got}\n  expected ${wanted}`,
    );
  });
}

function toValues(source: NdArray): Values {
  return { shape: source.shape, data: Float64Array.from(toNumbers(source)) };
}

function listOf(result: Values | readonly Values[]): readonly Values[] {
  return "data" in result ? [result] : result;
}

/** The entries of a shape, each computed from its index. */
export function values(
  shape: readonly number[],
  entry: (index: readonly number[]) => number,
): Values {
  const data: number[] = [];
  const visit = (index: readonly number[]): void => {
    if (index.length === shape.length) data.push(entry(index));
    else for (let i = 0; i < shape[index.length]!; i++) visit([...index, i]);
  };
  visit([]);
  return { shape, data };
}

/** The entry at `index`, broadcast: extra leading axes are dropped, axes of size 1 read 0. */
export function at({ shape, data }: Values, index: readonly number[]): number {
  const skip = index.length - shape.length;
  let offset = 0;
  for (const [axis, size] of shape.entries()) {
    offset = offset * size + (size === 1 ? 0 : index[axis + skip]!);
  }
  return data[offset]!;
}

/** Calls `visit` with every index of a shape, in row-major order. */
export function everyIndex(
  shape: readonly number[],
  visit: (index: readonly number[]) => void,
): void {
  values(shape, (index) => {
    visit(index);
    return 0;
  });
}

/** Float32 entries between `low` and `high`, equal for equal seeds. */
export function randomArray(
  shape: readonly number[],
  seed: number,
  low = -2,
  high = 2,
): NdArray<"float32"> {
  const result = allocate("float32", shape);
  let state = (seed * 2654435761 + 12345) >>> 0;
  for (let e = 0; e < result.data.length; e++) {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    result.data[e] = low + (high - low) * (((t ^ (t >>> 14)) >>> 0) / 4294967296);
  }
  return result;
}

/** Integer entries from 0 to `below` (exclusive). */
export function randomIndices(
  shape: readonly number[],
  seed: number,
  below: number,
): NdArray<"int64"> {
  const drawn = toNumbers(randomArray(shape, seed, 0, below)).map((x) => Math.floor(x));
  return { ...array(drawn, "int64"), shape: [...shape] };
}

export interface RandomCase {
  readonly shape: readonly number[];
  readonly seed: number;
}

/** Random shapes of several ranks, with a seed for the entries. */
export function randomCases(
  minRank: number,
  maxRank: number,
  maxSize = 4,
): fc.Arbitrary<RandomCase> {
  return fc.record({
    shape: fc.array(fc.integer({ min: 1, max: maxSize }), {
      minLength: minRank,
      maxLength: maxRank,
    }),
    seed: fc.nat(1_000_000),
  });
}

/**
 * Runs the checks that `make` returns for random cases, several per session.
 *
 * The cases are deterministic, so that no run fails because a difference crosses a kink;
 * the environment variable CHECK_SEED draws others.
 */
export async function property<T>(
  cases: fc.Arbitrary<T>,
  make: (drawn: T) => OperatorCheck | readonly OperatorCheck[],
  { numRuns = 3, size = 5 }: { readonly numRuns?: number; readonly size?: number } = {},
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(cases, { minLength: 1, maxLength: size }), async (drawn) => {
      await checkOperators(drawn.flatMap((each) => make(each)));
    }),
    { numRuns, seed: Number(process.env.CHECK_SEED ?? 1) },
  );
}

/** Applies a scalar function entry by entry, with broadcasting. */
export function elementwise(fn: (...entries: number[]) => number): (...inputs: Values[]) => Values {
  return (...inputs) => {
    const rank = Math.max(...inputs.map(({ shape }) => shape.length));
    const shape = Array.from({ length: rank }, (_, axis) => {
      const sizes = inputs.map((x) => x.shape[axis - rank + x.shape.length] ?? 1);
      return sizes.find((size) => size !== 1) ?? 1;
    });
    return values(shape, (index) => fn(...inputs.map((x) => at(x, index))));
  };
}

/** The entries along `axis` for every position of the other axes, and the inverse. */
export function alongAxis(
  x: Values,
  axis: number,
  fn: (line: readonly number[]) => readonly number[],
): Values {
  const at0 = axis < 0 ? axis + x.shape.length : axis;
  const lineOf = (index: readonly number[]): number[] =>
    Array.from({ length: x.shape[at0]! }, (_, i) => at(x, index.with(at0, i)));
  const size = fn(lineOf(x.shape.map(() => 0))).length;
  return values(x.shape.with(at0, size), (index) => fn(lineOf(index))[index[at0]!]!);
}
