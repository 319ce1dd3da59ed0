/** Runs functions of a scope on plain arrays, with parameters given by name. */
import { gradients } from "../autodiff/gradients.ts";
import { allocate, type NdArray } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import type { Shape } from "../graph/shape.ts";
import { init } from "../learn/apply/apply.ts";
import type { Weights } from "../learn/apply/scoped-function.ts";
import { compile } from "../learn/native.ts";
import { mul } from "../ops/arithmetic.ts";
import { reduceSum } from "../ops/reduce.ts";
import { foldIn, key, normal } from "../random/index.ts";
import type { Scope, Trace } from "./scope.ts";

export interface ScopedOptions {
  readonly inputs: Readonly<Record<string, NdArray>>;
  /** Symbolic shapes of inputs, if they differ from the arrays' shapes. */
  readonly shapes?: Readonly<Record<string, Shape>>;
  /** Values of parameters, states and random tensors; default: initial values, and zeros. */
  readonly values?: Readonly<Record<string, NdArray>>;
  readonly training?: boolean;
  /**
   * Outputs whose sum, weighted by fixed random numbers, is differentiated with respect to all float
   * inputs.
   */
  readonly differentiate?: readonly string[];
}

export interface ScopedResult {
  readonly trace: Trace;
  /** Values of parameters and states. */
  readonly weights: Weights;
  readonly outputs: Readonly<Record<string, NdArray>>;
  /** For each differentiated output: gradients by names of inputs and parameters. */
  readonly gradients: Readonly<Record<string, Readonly<Record<string, NdArray>>>>;
}

const COTANGENT = "cotangent:";

/** Traces `fn` in a fresh scope and runs it; returns its outputs and taps by name. */
export async function runScoped(
  fn: (scope: Scope, inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>,
  { inputs, values = {}, differentiate = [], ...options }: ScopedOptions,
): Promise<ScopedResult> {
  const withGradients = (
    scope: Scope,
    given: Readonly<Record<string, Tensor>>,
    { parameters }: Trace,
  ) => {
    const results = fn(scope, given);
    const wrt = [
      ...Object.entries(given).filter(([, { dtype }]) => dtype === "float32"),
      ...[...parameters].map(([name, { tensor }]) => [name, tensor] as const),
    ];
    const slopes = differentiate.flatMap((name) => {
      const weights = scope.random(COTANGENT + name, results[name]!.shape, "normal");
      const loss = reduceSum(mul(results[name]!, weights));
      const found = gradients(
        loss,
        wrt.map(([, tensor]) => tensor),
      );
      return wrt.map(([source], i) => [`${name}:${source}`, found[i]!] as const);
    });
    return { ...results, ...Object.fromEntries(slopes) };
  };
  const fresh = init(fn, inputs, options);
  const weights = new Map<string, NdArray>([...fresh, ...Object.entries(values)]);
  using compiled = await compile(withGradients, inputs, {
    ...options,
    taps: true,
    session: { threads: 1 },
  });
  const { output, taps } = await compiled.run(weights, inputs, {
    random: ({ name }, shape) =>
      name.startsWith(COTANGENT)
        ? normalArray("cotangent", shape)
        : ((values[name] as NdArray<"float32">) ?? allocate("float32", shape)),
  });
  const gradientsOf = (name: string) =>
    Object.entries(output)
      .filter(([key]) => key.startsWith(`${name}:`))
      .map(([key, value]) => [key.slice(name.length + 1), value]);
  const byOutput = differentiate.map((name) => [name, Object.fromEntries(gradientsOf(name))]);
  return {
    trace: compiled.trace,
    weights,
    outputs: { ...output, ...taps },
    gradients: Object.fromEntries(byOutput),
  };
}

/** Standard normal entries; equal names and shapes give equal arrays. */
export function normalArray(name: string, shape: readonly number[], seed = 0): NdArray<"float32"> {
  const value = allocate("float32", shape);
  normal(foldIn(key(seed), name), value.data);
  return value;
}
