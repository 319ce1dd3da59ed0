/** Runs functions of a scope, with parameters and random numbers drawn by name. */
import { gradients } from "../autodiff/gradients.ts";
import { type NdArray, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { compile } from "../learn/native.ts";
import { torchLinear } from "../nn/initializers.ts";
import { normalArray } from "../nn/scope.fixture.ts";
import type { RandomSpec, Scope, Trace } from "../nn/scope.ts";
import { tanh } from "../ops/activation.ts";
import { mul } from "../ops/arithmetic.ts";
import { randomArray } from "../ops/check.fixture.ts";
import { matmul } from "../ops/matmul.ts";
import { reduceSum } from "../ops/reduce.ts";
import type { Dispatcher } from "./dispatch/dropless.ts";
import { rowsOf } from "./routers/routers.fixture.ts";

export interface RunOptions {
  readonly inputs: Readonly<Record<string, NdArray>>;
  readonly training?: boolean;
  /** Seed of parameters, states and random tensors. */
  readonly seed?: number;
  /** Values by name, which replace drawn ones. */
  readonly values?: Readonly<Record<string, NdArray>>;
}

export type Inputs = Readonly<Record<string, Tensor>>;
export type Arrays = Record<string, NdArray>;

/** Traces and runs `fn`; parameters without a value are drawn from 0.2 to 0.8, of either sign. */
export async function run(
  fn: (scope: Scope, inputs: Inputs, trace: Trace) => Readonly<Record<string, Tensor>>,
  options: RunOptions,
): Promise<Arrays> {
  using compiled = await compileFor(fn, options);
  const { weights, random } = drawnFor(compiled.trace, options);
  return (await compiled.run(weights, options.inputs, { random })).output;
}

/** `fn`, compiled for the inputs of the options. */
export function compileFor(
  fn: (scope: Scope, inputs: Inputs, trace: Trace) => Readonly<Record<string, Tensor>>,
  { inputs, training = false }: RunOptions,
) {
  return compile(fn, inputs, { training, session: { threads: 1 } });
}

/** Values of the parameters, states and random tensors of a trace. */
export function drawnFor({ parameters, states }: Trace, { values = {}, seed = 0 }: RunOptions) {
  const drawn = (name: string, shape: readonly number[], low: number): NdArray<"float32"> =>
    (values[name] as NdArray<"float32">) ?? randomArray(shape, seed + hash(name), low, 1);
  const awayFromZero = (value: NdArray<"float32">): NdArray<"float32"> => ({
    ...value,
    data: value.data.map((v) => Math.sign(v) * (0.2 + 0.6 * Math.abs(v))),
  });
  const weights = new Map([
    ...[...states.values()].map(({ name, shape }) => [name, drawn(name, shape, -1)] as const),
    ...[...parameters.values()].map(({ name, shape }) => {
      const value = drawn(name, shape, -1);
      return [name, name in values ? value : awayFromZero(value)] as const;
    }),
  ]);
  const random = ({ name, distribution }: RandomSpec, shape: readonly number[]) =>
    distribution === "normal" && !(name in values)
      ? normalArray(name, shape, seed)
      : drawn(name, shape, 0);
  return { weights, random };
}

function hash(name: string): number {
  return [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65521, 7);
}

/** `tanh(x W_e)` of the rows of each expert, combined; `W_e` `[D, D]` under `experts.e`. */
export function throughExperts(scope: Scope, x: Tensor, dispatcher: Dispatcher): Tensor {
  const width = x.shape[1] as number;
  const results = dispatcher.dispatch(x).map((rows, e) => {
    const expert = scope.child("experts").child(e);
    return tanh(matmul(rows, expert.parameter("weight", [width, width], torchLinear)));
  });
  return dispatcher.combine(results); // [N, D]
}

/** The rows of a matrix. */
export function matrixOf(value: NdArray): number[][] {
  return rowsOf({ shape: value.shape, data: toNumbers(value) });
}

/**
 * The output of a form, and the gradients of a weighted sum of it with respect to tokens and all
 * parameters.
 */
export function observe(
  name: string,
  y: Tensor,
  x: Tensor,
  { parameters }: Trace,
): Record<string, Tensor> {
  const wrt = new Map([
    ["x", x],
    ...[...parameters].map(([at, { tensor }]) => [at, tensor] as const),
  ]);
  const slopes = gradients(reduceSum(mul(y, mul(y, x))), [...wrt.values()]);
  const named = [...wrt.keys()].map((at, i) => [`${name}: by ${at}`, slopes[i]!] as const);
  return { [`${name}: y`]: y, ...Object.fromEntries(named) };
}
