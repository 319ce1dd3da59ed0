/** Runs functions of a scope on plain arrays, with parameters given by name. */
import { gradients } from "../autodiff/gradients.ts";
import { allocate, type NdArray } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import type { Shape } from "../graph/shape.ts";
import { emitModel } from "../onnx/emit.ts";
import { mul } from "../ops/arithmetic.ts";
import { reduceSum } from "../ops/reduce.ts";
import { foldIn, key, normal } from "../random/index.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import { createScope, type Scope, type Trace } from "./scope.ts";

export interface ScopedOptions {
  readonly inputs: Readonly<Record<string, NdArray>>;
  /** Symbolic shapes of inputs, where they differ from those of the arrays. */
  readonly shapes?: Readonly<Record<string, Shape>>;
  /** Values of parameters and random tensors; others get their initial values, or zeros. */
  readonly values?: Readonly<Record<string, NdArray>>;
  readonly training?: boolean;
  /** Outputs whose sum, weighted by fixed random numbers, is differentiated by all float inputs. */
  readonly differentiate?: readonly string[];
}

export interface ScopedResult {
  readonly trace: Trace;
  readonly outputs: Readonly<Record<string, NdArray>>;
  /** For each differentiated output: gradients by names of inputs and parameters. */
  readonly gradients: Readonly<Record<string, Readonly<Record<string, NdArray>>>>;
}

/** Traces `fn` in a fresh scope and runs it; its outputs and taps come back by name. */
export async function runScoped(
  fn: (scope: Scope, inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>,
  options: ScopedOptions,
): Promise<ScopedResult> {
  const { inputs, shapes = {}, values = {}, training = false, differentiate = [] } = options;
  const { scope, trace } = createScope({ training });
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, { dtype, shape }]) => [
      name,
      input(trace.graph, name, { dtype, shape: shapes[name] ?? shape }),
    ]),
  );
  const results = fn(scope, tensors);
  const outputs: Record<string, Tensor> = { ...results, ...Object.fromEntries(trace.taps) };
  const wrt = new Map<string, Tensor>([
    ...Object.entries(tensors).filter(([, { dtype }]) => dtype === "float32"),
    ...[...trace.parameters].map(([name, { tensor }]) => [name, tensor] as const),
  ]);
  const feeds: Record<string, NdArray> = { ...inputs };
  for (const name of differentiate) {
    const result = results[name]!;
    const cotangent = `cotangent:${name}`;
    const weights = input(trace.graph, cotangent, { dtype: "float32", shape: result.shape });
    const shape = result.shape.map((dim) =>
      typeof dim === "number" ? dim : dim.factor * batchSize(options),
    );
    feeds[cotangent] = normalArray("cotangent", shape);
    const grads = gradients(reduceSum(mul(result, weights)), [...wrt.values()]);
    for (const [i, source] of [...wrt.keys()].entries()) {
      outputs[`gradient:${name}:${source}`] = grads[i]!;
    }
  }
  const model = emitModel(outputs);
  for (const { name, shape, role } of model.inputs) {
    if (name in feeds) continue;
    feeds[name] =
      values[name] ??
      (role === "parameter"
        ? initial(trace, name)
        : allocate("float32", shape as readonly number[]));
  }
  const session = await nativeRuntime().createSession(model.bytes, {
    explain: model.explain,
    threads: 1,
  });
  try {
    const needed = Object.fromEntries(model.inputs.map(({ name }) => [name, feeds[name]!]));
    const fetched = await session.run(needed);
    const byOutput = differentiate.map((name) => [
      name,
      Object.fromEntries([...wrt.keys()].map((at) => [at, fetched[`gradient:${name}:${at}`]!])),
    ]);
    return { trace, outputs: fetched, gradients: Object.fromEntries(byOutput) };
  } finally {
    session.dispose();
  }
}

/** The batch size that inputs with symbolic shapes have. */
function batchSize({ inputs, shapes = {} }: ScopedOptions): number {
  for (const [name, shape] of Object.entries(shapes)) {
    for (const [axis, dim] of shape.entries()) {
      if (typeof dim !== "number") return inputs[name]!.shape[axis]! / dim.factor;
    }
  }
  return 1;
}

function initial(trace: Trace, name: string): NdArray {
  const { init, shape, drawnAs } = trace.parameters.get(name)!;
  const value = allocate("float32", shape);
  value.data.set(init(foldIn(key(0), drawnAs), shape));
  return value;
}

/** Standard normal entries; equal names and shapes give equal arrays. */
export function normalArray(name: string, shape: readonly number[], seed = 0): NdArray<"float32"> {
  const value = allocate("float32", shape);
  normal(foldIn(key(seed), name), value.data);
  return value;
}
