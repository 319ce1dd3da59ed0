/** Gradients of functions of a scope, compared with finite differences. */

import { differences, FOURTH_ORDER } from "../autodiff/differences.fixture.ts";
import { gradients } from "../autodiff/gradients.ts";
import { array, type NdArray, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import type { Scope, Trace } from "../nn/scope.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { randomArray } from "../ops/check.fixture.ts";
import { reduceSum } from "../ops/reduce.ts";
import { type Arrays, compileFor, drawnFor, type Inputs, type RunOptions } from "./run.fixture.ts";

/** Results of the differentiated function. */
export interface Objectives {
  /** `[N, D']`; its weighted sum is part of every objective. */
  readonly output: Tensor;
  /** Scalars, each added in one case. */
  readonly losses: Readonly<Record<string, Tensor>>;
  /** Values that must not change during the differences: ids, positions. */
  readonly selection: readonly Tensor[];
}

const STEP = 2 ** -7;
const factor = (name: string): string => `factor:${name}`;

/**
 * Compares the gradients of `sum(w * output) + loss`, for no loss and for every loss, with respect to
 * the inputs and all parameters, with differences; throws if they differ or a choice changed.
 *
 * One graph gives all gradients: each loss has a factor, 1 in its case and otherwise 0.
 *
 * @returns names of the compared combinations
 */
export async function checkGradients(
  fn: (scope: Scope, inputs: Inputs, trace: Trace) => Objectives,
  options: RunOptions,
): Promise<string[]> {
  using forward = await compileFor((...traced) => {
    const { output, losses, selection } = fn(...traced);
    const chosen = selection.map((tensor, i) => [`selection:${i}`, tensor]);
    return { output, ...prefixed("loss:", losses), ...Object.fromEntries(chosen) };
  }, options);
  const { weights, random } = drawnFor(forward.trace, options);
  const moved = new Map<string, NdArray>(
    [...Object.entries(options.inputs), ...weights]
      .filter(([, { dtype }]) => dtype === "float32")
      .map(([name, value]) => [name, copy(value)]),
  );
  const given = { ...options.inputs, ...Object.fromEntries(moved) };
  const measure = async () => (await forward.run(moved, given, { random })).output;
  const first = await measure();
  const names = Object.keys(first)
    .filter((name) => name.startsWith("loss:"))
    .map((name) => name.slice("loss:".length));
  const outputWeights = randomArray(first.output!.shape, 99);
  const wrt = [...moved.keys()].filter((name) => !forward.trace.states.has(name));

  const factors = Object.fromEntries(names.map((name) => [factor(name), array(0)]));
  const inputs = { ...options.inputs, ...factors, output_weights: outputWeights };
  using backward = await compileFor(
    (scope, all, trace) => {
      const { output, losses } = fn(scope, all, trace);
      const total = names.reduce(
        (sum, name) => add(sum, mul(losses[name]!, all[factor(name)]!)),
        reduceSum(mul(output, all.output_weights!)),
      );
      const sources = wrt.map((name) => all[name] ?? trace.parameters.get(name)!.tensor);
      const slopes = gradients(total, sources);
      return Object.fromEntries(wrt.map((name, i) => [name, slopes[i]!]));
    },
    { ...options, inputs },
  );
  const combinations = ["no loss", ...names];
  const found = new Map<string, Arrays>();
  for (const loss of combinations) {
    const turn = loss === "no loss" ? inputs : { ...inputs, [factor(loss)]: array(1) };
    found.set(loss, (await backward.run(weights, turn, { random })).output);
  }
  const choice = selected(first);
  for (const name of wrt) {
    const { data } = moved.get(name) as NdArray<"float32">;
    const expected = await differences(data, { step: STEP, stencil: FOURTH_ORDER }, async () => {
      const outputs = await measure();
      if (selected(outputs) !== choice) throw new Error(`a step in ${name} changes a choice`);
      const weighted = dot(toNumbers(outputs.output!), toNumbers(outputWeights));
      return [weighted, ...names.map((loss) => toNumbers(outputs[`loss:${loss}`]!)[0]!)];
    });
    for (const [k, loss] of combinations.entries()) {
      const wanted = expected.map((slopes) => slopes[0]! + (k === 0 ? 0 : slopes[k]!));
      compare(toNumbers(found.get(loss)![name]!), wanted, `${loss}, by ${name}`);
    }
  }
  return combinations;
}

function prefixed(prefix: string, tensors: Readonly<Record<string, Tensor>>) {
  return Object.fromEntries(Object.entries(tensors).map(([name, t]) => [prefix + name, t]));
}

/** The ids and positions that the routers chose. */
function selected(outputs: Arrays): string {
  const chosen = Object.entries(outputs).filter(([name]) => name.startsWith("selection:"));
  return JSON.stringify(chosen.map(([, value]) => toNumbers(value)));
}

function copy(value: NdArray): NdArray {
  return { ...value, data: value.data.slice() } as NdArray;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, v, i) => sum + v * b[i]!, 0);
}

function compare(found: readonly number[], wanted: readonly number[], label: string): void {
  const typical = Math.sqrt(dot(wanted, wanted) / wanted.length);
  for (const [i, want] of wanted.entries()) {
    if (Math.abs(found[i]! - want) <= 2e-3 * (Math.abs(want) + typical) + 1e-4) continue;
    throw new Error(
      `${label}, entry ${i}: got ${found[i]}, expected ${want}\n  got      ${found}\n  expected ${wanted}`,
    );
  }
}
