/** Traces functions of a scope and named inputs, and binds their inputs to arrays. */
import { allocate, elementCount, type NdArray } from "../../graph/array.ts";
import { usageError } from "../../graph/errors.ts";
import {
  checkArrays,
  checkFunction,
  checkTensor,
  describeGiven,
  isMap,
  isNdArray,
  isTensor,
} from "../../graph/given.ts";
import type { Graph, Tensor, TensorSpec } from "../../graph/graph.ts";
import { type InputAttributes, input } from "../../graph/inputs.ts";
import { formatShape, isStatic, type Shape } from "../../graph/shape.ts";
import { createScope, type RandomSpec, type Scope, type Trace } from "../../nn/scope.ts";
import type { EmittedModel } from "../../onnx/emit.ts";
import { foldIn, key, normal, uniform } from "../../random/index.ts";
import { callModel } from "./objective-result.ts";

/** Parameters and states of a model, by name. */
export type Weights = ReadonlyMap<string, NdArray>;

/** What a scoped function may return. */
export type ScopedResult = Tensor | Readonly<Record<string, Tensor>>;

/**
 * A model: a function of a scope and named inputs. The trace holds its parameters and states so
 * far.
 */
export type ScopedFunction<Inputs, Result extends ScopedResult> = (
  scope: Scope,
  inputs: { readonly [Name in keyof Inputs]: Tensor },
  trace: Trace,
) => Result;

/** The arrays of a result: a single array, or one per name. */
export type ArraysOf<Result> = Result extends Tensor
  ? NdArray
  : { readonly [Name in keyof Result]: NdArray };

export interface WantedOutputs {
  /** Which tapped tensors are returned, by name, or all of them. Default none. */
  readonly taps?: boolean | ((name: string) => boolean);
  /** Whether auxiliary losses are returned. Default false. */
  readonly auxiliaries?: boolean;
}

export interface RunOptions {
  /** Seed of the random tensors in training mode. Default 0. */
  readonly seed?: number;
  /** Values of a random tensor of a given shape; default: drawn from the seed and its name. */
  readonly random?: (spec: RandomSpec, shape: readonly number[]) => NdArray<"float32">;
}

/** The results of one run. */
export interface Applied<Result> {
  readonly output: ArraysOf<Result>;
  /** Tapped tensors, by name. */
  readonly taps: Readonly<Record<string, NdArray>>;
  /** Auxiliary losses without their weights, by name. */
  readonly auxiliaries: Readonly<Record<string, number>>;
  /** Next values of the states that the function updates. */
  readonly states: Readonly<Record<string, NdArray>>;
}

export interface TraceOptions {
  /** Turns dropout and router noise on. Default false. */
  readonly training?: boolean;
  /**
   * Shapes to trace with, for example with a symbolic batch size. Default: the shapes of the
   * inputs.
   */
  readonly shapes?: Readonly<Record<string, Shape>>;
}

/** Traces a scoped function in a fresh scope. */
export function traceFunction<Inputs extends Readonly<Record<string, TensorSpec>>, Result>(
  fn: (scope: Scope, inputs: { readonly [Name in keyof Inputs]: Tensor }, trace: Trace) => Result,
  inputs: Inputs,
  { training = false, shapes = {} }: TraceOptions,
): { readonly trace: Trace; readonly result: Result } {
  checkFunction("the function", fn);
  checkArrays("the inputs of the function", inputs, { specs: true });
  const { scope, trace } = createScope({ training });
  const entries = Object.entries(inputs).map(([name, { dtype, shape }]) => [
    name,
    input(trace.graph, name, { dtype, shape: shapes[name] ?? shape }),
  ]);
  const tensors: Readonly<Record<string, Tensor>> = Object.fromEntries(entries);
  const run = (given: typeof tensors) => fn(scope, given as Inputs & typeof tensors, trace);
  return { trace, result: callModel("the function", tensors, run) };
}

const OUTPUT = "output:";
const TAP = "tap:";
const AUXILIARY = "auxiliary:";
const STATE = "state:";

/** The outputs of a traced function under unique names. */
export function outputsOf(
  { graph, taps, auxiliaries, updates }: Trace,
  result: ScopedResult,
  options: WantedOutputs,
): Record<string, Tensor> {
  checkResult(result, graph);
  const { taps: wanted = false } = options;
  const chosen = typeof wanted === "function" ? wanted : () => wanted;
  const losses = options.auxiliaries ? [...auxiliaries] : [];
  const named = [
    ...[...namedTensors(result)].map(([name, tensor]) => [OUTPUT + name, tensor] as const),
    ...[...taps]
      .filter(([name]) => chosen(name))
      .map(([name, tensor]) => [TAP + name, tensor] as const),
    ...losses.map(([name, { loss }]) => [AUXILIARY + name, loss] as const),
    ...[...updates].map(([name, tensor]) => [STATE + name, tensor] as const),
  ];
  return Object.fromEntries(named);
}

/** @throws UserError (exit code 2) if a result is neither a tensor nor tensors by name */
function checkResult(result: unknown, graph: Graph): void {
  if (typeof result !== "object" || result === null || Array.isArray(result) || isNdArray(result)) {
    checkTensor("the result of the function", result, graph);
    return;
  }
  if (isTensor(result)) return;
  for (const [name, value] of Object.entries(result)) {
    checkTensor(`the result ${name} of the function`, value, graph);
  }
}

/** Tensors by name; a single one has the name "". */
function namedTensors(result: ScopedResult): readonly (readonly [string, Tensor])[] {
  return isTensor(result) ? [["", result]] : Object.entries(result);
}

export interface FeedOptions extends RunOptions {
  readonly weights: Weights;
  readonly given: Readonly<Record<string, NdArray>>;
}

/**
 * An array for each input of a traced function.
 *
 * @throws UserError (exit code 2) if an input is missing, or a weight is missing or has another shape
 */
export function feedsOf(
  model: EmittedModel,
  trace: Trace,
  options: FeedOptions,
): Record<string, NdArray> {
  const { weights } = options;
  if (!isMap(weights)) {
    throw usageError(
      `the weights must be a Map of arrays, such as that of init, got ${describeGiven(weights)}; for an object: new Map(Object.entries(weights))`,
    );
  }
  checkArrays("the inputs of the function", options.given);
  const symbols = symbolsOf(model.inputs, options.given);
  return Object.fromEntries(
    model.inputs.map((attributes) => {
      const { name, role } = attributes;
      if (role === "data") return [name, requireInput(options.given[name], attributes)];
      if (role !== "random")
        return [name, requireWeight(weights.get(name), attributes, options.given)];
      const spec = trace.randoms.get(name)!;
      const shape = attributes.shape.map((dim) =>
        typeof dim === "number" ? dim : dim.factor * symbols.get(dim.symbol)!,
      );
      return [name, options.random?.(spec, shape) ?? draw(spec, shape, options.seed ?? 0)];
    }),
  );
}

/** Values of the symbols in the shapes of the inputs. */
function symbolsOf(
  inputs: readonly InputAttributes[],
  given: FeedOptions["given"],
): Map<string, number> {
  const symbols = new Map<string, number>();
  for (const { name, shape } of inputs) {
    for (const [axis, dim] of shape.entries()) {
      const size = given[name]?.shape[axis];
      if (typeof dim !== "number" && size !== undefined) symbols.set(dim.symbol, size / dim.factor);
    }
  }
  return symbols;
}

function requireInput(value: NdArray | undefined, { name }: InputAttributes): NdArray {
  if (value === undefined) throw usageError(`the function needs the input "${name}"; give it`);
  return value;
}

function requireWeight(
  value: NdArray | undefined,
  { name, shape }: InputAttributes,
  given: FeedOptions["given"],
): NdArray {
  if (value === undefined) {
    throw usageError(
      `the weights have no tensor "${name}"; use the weights of this function, from init, fit or loadWeights`,
    );
  }
  if (isStatic(shape) && String(value.shape) !== String(shape)) {
    throw usageError(
      `the weights have "${name}" as ${formatShape(value.shape)}, but for these inputs (${describeInputs(given)}) the function needs ${formatShape(shape)}`,
    );
  }
  return value;
}

function describeInputs(given: FeedOptions["given"]): string {
  return Object.entries(given)
    .map(([name, { shape }]) => `${name} ${formatShape(shape)}`)
    .join(", ");
}

function draw(
  { name, distribution }: RandomSpec,
  shape: readonly number[],
  seed: number,
): NdArray<"float32"> {
  const value = allocate("float32", shape);
  const at = foldIn(foldIn(key(seed), "noise"), name);
  const fill = distribution === "normal" ? normal : uniform;
  if (elementCount(shape) > 0) fill(at, value.data);
  return value;
}

/** Sorts the results into outputs, taps, auxiliary losses and states. */
export function resultsOf<Result extends ScopedResult>(
  fetched: Readonly<Record<string, NdArray>>,
  result: Result,
): Applied<Result> {
  const part = (prefix: string): Record<string, NdArray> =>
    Object.fromEntries(
      Object.entries(fetched)
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value]) => [name.slice(prefix.length), value]),
    );
  const outputs = part(OUTPUT);
  const losses = Object.entries(part(AUXILIARY)).map(([name, loss]) => [
    name,
    Number(loss.data[0]),
  ]);
  return {
    output: (isTensor(result) ? outputs[""] : outputs) as ArraysOf<Result>,
    taps: part(TAP),
    auxiliaries: Object.fromEntries(losses),
    states: part(STATE),
  };
}
