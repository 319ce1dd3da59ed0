/** Runs scoped functions on plain arrays, with fresh or given weights. */
import { allocate, type NdArray } from "../../graph/array.ts";
import type { Tensor, TensorSpec } from "../../graph/graph.ts";
import type { Scope, Trace } from "../../nn/scope.ts";
import { emitModel } from "../../onnx/emit.ts";
import { key } from "../../random/index.ts";
import type { Runtime, SessionOptions } from "../../runtime/session.ts";
import { initialValues } from "../step-memory.ts";
import {
  type Applied,
  feedsOf,
  outputsOf,
  type RunOptions,
  resultsOf,
  type ScopedFunction,
  type ScopedResult,
  type TraceOptions,
  traceFunction,
  type WantedOutputs,
  type Weights,
} from "./scoped-function.ts";

export interface InitOptions extends TraceOptions {
  /** Equal seeds give equal weights, the same as in `fit`. Default 0. */
  readonly seed?: number;
}

export interface CompileOptions extends TraceOptions, WantedOutputs {
  /** Default: ONNX Runtime's native library; in a browser, its WebAssembly build. */
  readonly runtime?: Runtime;
  readonly session?: SessionOptions;
}

export type ApplyOptions = CompileOptions & RunOptions;

/** A scoped function, traced and compiled for inputs of one shape. */
export interface CompiledFunction<Inputs, Result> {
  readonly trace: Trace;
  run(
    weights: Weights,
    inputs: { readonly [Name in keyof Inputs]: NdArray },
    options?: RunOptions,
  ): Promise<Applied<Result>>;
  dispose(): void;
  [Symbol.dispose](): void;
}

/** Runs scoped functions on a default runtime unless options set another. */
export interface Application {
  /**
   * Traces `fn` and runs it once on `inputs` with the given weights.
   *
   * @param weights from `init`, `fit` or `loadWeights`; those that `fn` does not use are ignored
   * @throws UserError if a weight is missing or has another shape
   */
  apply<Inputs extends Readonly<Record<string, NdArray>>, Result extends ScopedResult>(
    this: void,
    fn: ScopedFunction<Inputs, Result>,
    weights: Weights,
    inputs: Inputs,
    options?: ApplyOptions,
  ): Promise<Applied<Result>>;
  /**
   * Traces and compiles `fn` for many runs on inputs of these shapes.
   */
  compile<Inputs extends Readonly<Record<string, TensorSpec>>, Result extends ScopedResult>(
    this: void,
    fn: ScopedFunction<Inputs, Result>,
    inputs: Inputs,
    options?: CompileOptions,
  ): Promise<CompiledFunction<Inputs, Result>>;
}

/**
 * Fresh weights of a scoped function or an objective: its parameters and states with their initial
 * values.
 *
 * @param inputs arrays, or only their types and shapes
 * @example
 * const layer = (scope, { x }) => linear(scope.child("fc"), x, 3);
 * const weights = init(layer, { x: array([[1, 2]]) });
 * [...weights.keys()]; // ["fc.weight", "fc.bias"]
 */
export function init<Inputs extends Readonly<Record<string, TensorSpec>>>(
  fn: (scope: Scope, inputs: { readonly [Name in keyof Inputs]: Tensor }, trace: Trace) => unknown,
  inputs: Inputs,
  { seed = 0, ...options }: InitOptions = {},
): Map<string, NdArray<"float32">> {
  const { trace } = traceFunction(fn, inputs, options);
  return new Map(
    [...trace.parameters.values(), ...trace.states.values()].map((spec) => {
      const value = allocate("float32", spec.shape);
      value.data.set(initialValues(key(seed), spec));
      return [spec.name, value];
    }),
  );
}

/** Creates an `Application` whose default runtime is `defaultRuntime`. */
export function createApplication(defaultRuntime: () => Runtime | Promise<Runtime>): Application {
  const compile: Application["compile"] = async (fn, inputs, options = {}) => {
    const { trace, result } = traceFunction(fn, inputs, options);
    const model = emitModel(outputsOf(trace, result, options));
    const runtime = options.runtime ?? (await defaultRuntime());
    const session = await runtime.createSession(model.bytes, {
      ...options.session,
      explain: model.explain,
    });
    return {
      trace,
      async run(weights, arrays, runOptions = {}) {
        const given = arrays as Readonly<Record<string, NdArray>>;
        const feeds = feedsOf(model, trace, { weights, given, ...runOptions });
        return resultsOf(await session.run(feeds), result);
      },
      dispose: () => session.dispose(),
      [Symbol.dispose]: () => session.dispose(),
    };
  };
  return {
    compile,
    async apply(fn, weights, inputs, options = {}) {
      const compiled = await compile(fn, inputs, options);
      try {
        return await compiled.run(weights, inputs, options);
      } finally {
        compiled.dispose();
      }
    },
  };
}
