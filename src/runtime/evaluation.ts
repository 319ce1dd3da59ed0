/** Runs functions of tensors on plain arrays, on any runtime. */
import { gradients } from "../autodiff/gradients.ts";
import type { NdArray } from "../graph/array.ts";
import { createGraph, type Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { formatShape } from "../graph/shape.ts";
import { emitModel } from "../onnx/emit.ts";
import { mul } from "../ops/arithmetic.ts";
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
   * "cotangent"); required if that result is not a scalar.
   */
  readonly weights?: NdArray<"float32">;
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
 * @throws RangeError, from `valueAndGradients`, for a non-scalar result without weights
 */
export function createEvaluation(defaultRuntime: () => Runtime | Promise<Runtime>): Evaluation {
  const runtimeOf = async ({ runtime }: EvaluateOptions): Promise<Runtime> =>
    runtime ?? (await defaultRuntime());
  return {
    async evaluate(fn, inputs, options = {}) {
      const { result } = trace(fn, inputs);
      return run(listOf(result), inputs, await runtimeOf(options));
    },
    async valueAndGradients(
      fn: TensorFunction | LossFunction<Readonly<Record<string, Tensor>>>,
      inputs: readonly NdArray[],
      { weights, wrt, ...options }: ValueAndGradientsOptions = {},
    ) {
      const { graph, tensors, result } = trace<
        ReturnType<TensorFunction> | ReturnType<LossFunction<Readonly<Record<string, Tensor>>>>
      >(fn, inputs);
      const beside = "auxiliary" in result ? Object.entries(result.auxiliary) : [];
      const first = "loss" in result ? result.loss : listOf(result)[0]!;
      let loss = first;
      let feeds = inputs;
      if (weights !== undefined) {
        loss = reduceSum(mul(first, input(graph, "weights", weights)));
        feeds = [...inputs, weights];
      } else if (first.shape.length !== 0) {
        throw new RangeError(
          `valueAndGradients: the result has shape ${formatShape(first.shape)}; make it a scalar or give options.weights`,
        );
      }
      const chosen = wrt ?? tensors.flatMap((tensor, i) => (tensor.dtype === "float32" ? [i] : []));
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
        ...("auxiliary" in result && {
          auxiliary: Object.fromEntries(beside.map(([name], i) => [name, values[i]!])),
        }),
      };
    },
  } as Evaluation;
}

function trace<Result>(fn: (...inputs: Tensor[]) => Result, inputs: readonly NdArray[]) {
  const graph = createGraph();
  const tensors = inputs.map((value, i) => input(graph, `input${i}`, value));
  return { graph, tensors, result: fn(...tensors) };
}

function listOf(result: ReturnType<TensorFunction>): readonly Tensor[] {
  return "graph" in result ? [result] : result;
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
