/** Runs functions of tensors on plain arrays, on any runtime. */
import { gradients } from "../autodiff/gradients.ts";
import type { DType, NdArray } from "../graph/array.ts";
import { usageError } from "../graph/errors.ts";
import {
  checkFunction,
  checkNdArray,
  checkSynchronous,
  checkTensor,
  describeGiven,
  isTensor,
} from "../graph/given.ts";
import { createGraph, type Graph, type Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { formatShape } from "../graph/shape.ts";
import { emitModel } from "../onnx/emit.ts";
import { mul } from "../ops/arithmetic.ts";
import { cast } from "../ops/compare.ts";
import { reduceSum } from "../ops/reduce.ts";
import type { Runtime } from "./session.ts";

/** A function that can be traced: tensors in, one tensor or several out. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/** A function whose loss is differentiated, with results beside the loss that are not. */
export type LossFunction<Auxiliary extends Readonly<Record<string, Tensor>>> = (
  ...inputs: Tensor[]
) => { readonly loss: Tensor; readonly auxiliary: Auxiliary };

export interface EvaluateOptions {
  /** Default: ONNX Runtime's native library; in a browser, its WebAssembly build. */
  readonly runtime?: Runtime;
}

export interface ValueAndGradientsOptions extends EvaluateOptions {
  /**
   * Weights of the entries of the first result in the differentiated scalar (a
   * "cotangent"), of the same shape; required if that result is not a scalar.
   */
  readonly weights?: NdArray;
  /** Indices of the inputs to differentiate with respect to; default: all floating-point inputs. */
  readonly wrt?: readonly number[];
}

/** Runs functions of tensors on plain arrays, for tests, examples and experiments. */
export interface Evaluation {
  /**
   * Traces `fn`, runs it on `inputs` and returns its results as arrays.
   *
   * @example
   * const [y] = await evaluate((a, b) => add(a, b), [array([1, 2]), array([3, 4])]);
   * y.data // Float32Array [4, 6]
   */
  evaluate(
    this: void,
    fn: TensorFunction,
    inputs: readonly NdArray[],
    options?: EvaluateOptions,
  ): Promise<NdArray[]>;
  /**
   * Traces `fn` and returns its first result with the gradients of that result with respect to the inputs.
   *
   * @example
   * const { value, gradients } = await valueAndGradients((x) => reduceSum(mul(x, x)), [array([1, 2])]);
   * value.data        // Float32Array [5]
   * gradients[0].data // Float32Array [2, 4]
   */
  valueAndGradients(
    this: void,
    fn: TensorFunction,
    inputs: readonly NdArray[],
    options?: ValueAndGradientsOptions,
  ): Promise<ValueAndGradients>;
  /**
   * Differentiates the loss of `fn` and returns its auxiliary results beside it.
   *
   * @example
   * const { value, gradients, auxiliary } = await valueAndGradients(
   *   (x) => ({ loss: reduceSum(mul(x, x)), auxiliary: { largest: reduceMax(x) } }),
   *   [array([1, 2])],
   * );
   * auxiliary.largest.data // Float32Array [2]
   */
  valueAndGradients<Auxiliary extends Readonly<Record<string, Tensor>>>(
    this: void,
    fn: LossFunction<Auxiliary>,
    inputs: readonly NdArray[],
    options?: ValueAndGradientsOptions,
  ): Promise<ValueAndGradients & { auxiliary: { [Name in keyof Auxiliary]: NdArray } }>;
}

export interface ValueAndGradients {
  /** The first result of the function, or its loss. */
  value: NdArray;
  /** One gradient per input of `wrt`, with its shape. */
  gradients: NdArray[];
}

/**
 * Evaluation on `defaultRuntime` unless options name another runtime.
 *
 * @throws UserError (exit code 2) for inputs that are no arrays, and results that are no tensors;
 * RangeError, from `valueAndGradients`, for a non-scalar result without weights, or weights of
 * another shape
 */
export function createEvaluation(defaultRuntime: () => Runtime | Promise<Runtime>): Evaluation {
  const runtimeOf = async ({ runtime }: EvaluateOptions): Promise<Runtime> =>
    runtime ?? (await defaultRuntime());
  return {
    async evaluate(fn, inputs, options = {}) {
      const { graph, result } = trace(fn, inputs);
      return run(listOf(result, graph), inputs, await runtimeOf(options));
    },
    async valueAndGradients(
      fn: TensorFunction | LossFunction<Readonly<Record<string, Tensor>>>,
      inputs: readonly NdArray[],
      { weights, wrt, ...options }: ValueAndGradientsOptions = {},
    ) {
      if (weights !== undefined) checkNdArray("options.weights", weights);
      const { graph, tensors, result } = trace<
        ReturnType<TensorFunction> | ReturnType<LossFunction<Readonly<Record<string, Tensor>>>>
      >(fn, inputs);
      const { first, auxiliary } = splitResult(result, graph);
      const beside = Object.entries(auxiliary ?? {});
      let loss = first;
      let feeds = inputs;
      if (weights !== undefined) {
        const given = input(graph, "weights", weights);
        if (formatShape(given.shape) !== formatShape(first.shape)) {
          throw new RangeError(
            `valueAndGradients: weights must have the shape ${formatShape(first.shape)} of the result, got ${formatShape(given.shape)}`,
          );
        }
        loss = reduceSum(mul(first, cast(given, first.dtype)));
        feeds = [...inputs, weights];
      } else if (first.shape.length !== 0) {
        throw new RangeError(
          `valueAndGradients: the result has shape ${formatShape(first.shape)}; make it a scalar or give options.weights`,
        );
      }
      const chosen = wrt ?? tensors.flatMap((tensor, i) => (isFloat(tensor.dtype) ? [i] : []));
      checkIndices(chosen, tensors);
      const grads = gradients(
        loss,
        chosen.map((i) => tensors[i]!),
      );
      const wanted = [first, ...grads, ...beside.map(([, tensor]) => tensor)];
      const [value, ...rest] = await run(wanted, feeds, await runtimeOf(options));
      const values = rest.slice(grads.length);
      return {
        value: value!,
        gradients: rest.slice(0, grads.length),
        ...(auxiliary && {
          auxiliary: Object.fromEntries(beside.map(([name], i) => [name, values[i]!])),
        }),
      };
    },
  } as Evaluation;
}

function trace<Result>(fn: (...inputs: Tensor[]) => Result, inputs: readonly NdArray[]) {
  checkFunction("the function", fn);
  if (!Array.isArray(inputs)) {
    throw usageError(
      `the inputs must be a list of arrays, such as [array([1, 2])], got ${describeGiven(inputs)}`,
    );
  }
  const graph = createGraph();
  const tensors = inputs.map((value: NdArray, i) => {
    checkNdArray(`input ${i}`, value);
    return input(graph, `input${i}`, value);
  });
  const result = fn(...tensors);
  checkSynchronous("the function", result);
  return { graph, tensors, result };
}

function listOf(result: ReturnType<TensorFunction>, graph: Graph): readonly Tensor[] {
  const list = Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor];
  list.forEach((tensor, i) => {
    checkTensor(list.length === 1 ? "the result of the function" : `result ${i}`, tensor, graph);
  });
  return list;
}

/** The differentiated result, and the results beside it. */
function splitResult(
  result: ReturnType<TensorFunction | LossFunction<Readonly<Record<string, Tensor>>>>,
  graph: Graph,
): { readonly first: Tensor; readonly auxiliary?: Readonly<Record<string, Tensor>> } {
  const isObject = typeof result === "object" && result !== null;
  if (!isObject || isTensor(result) || !("loss" in result)) {
    const [first] = listOf(result as ReturnType<TensorFunction>, graph);
    if (first === undefined) throw usageError("the function returned an empty list; return a loss");
    return { first };
  }
  const { loss, auxiliary } = result;
  checkTensor("the loss of the function", loss, graph);
  if (auxiliary === undefined) return { first: loss };
  if (typeof auxiliary !== "object" || auxiliary === null || isTensor(auxiliary)) {
    throw usageError(
      `auxiliary must be tensors by name, such as { logits }, got ${describeGiven(auxiliary)}`,
    );
  }
  for (const [name, value] of Object.entries(auxiliary)) {
    checkTensor(`auxiliary ${name}`, value, graph);
  }
  return { first: loss, auxiliary };
}

function checkIndices(indices: readonly number[], tensors: readonly Tensor[]): void {
  for (const index of indices) {
    const tensor = tensors[index];
    if (tensor === undefined) {
      throw usageError(
        `options.wrt has the index ${index}, but the inputs have the indices 0 to ${tensors.length - 1}`,
      );
    }
    if (!isFloat(tensor.dtype)) {
      throw usageError(
        `options.wrt has the input ${index}, which is ${tensor.dtype}; only floats have gradients`,
      );
    }
  }
}

async function run(
  outputs: readonly Tensor[],
  inputs: readonly NdArray[],
  runtime: Runtime,
): Promise<NdArray[]> {
  const named = Object.fromEntries(outputs.map((tensor, i) => [`output${i}`, tensor]));
  const model = emitModel(named);
  const session = await runtime.createSession(model.bytes, { explain: model.explain });
  try {
    const feeds = Object.fromEntries(
      model.inputs.map(({ name }) => [
        name,
        name === "weights" ? inputs.at(-1)! : inputs[Number(name.slice("input".length))]!,
      ]),
    );
    const results = await session.run(feeds);
    return outputs.map((_, i) => results[`output${i}`]!);
  } finally {
    session.dispose();
  }
}

function isFloat(dtype: DType): boolean {
  return dtype === "float32" || dtype === "float64";
}
