/** Runs functions of tensors on plain arrays: for tests, examples and a first look. */
import { gradients } from "../autodiff/gradients.ts";
import type { NdArray } from "../graph/array.ts";
import { createGraph, type Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { formatShape } from "../graph/shape.ts";
import { emitModel } from "../onnx/emit.ts";
import { mul } from "../ops/arithmetic.ts";
import { reduceSum } from "../ops/reduce.ts";
import { nativeRuntime } from "./native.ts";
import type { Runtime } from "./session.ts";

/** A function that can be traced: tensors in, one tensor or several out. */
export type TensorFunction = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

export interface EvaluateOptions {
  /** Default: ONNX Runtime's native library. */
  readonly runtime?: Runtime;
}

/**
 * Traces `fn`, runs it on `inputs` and returns its results as arrays.
 *
 * @example
 * const [y] = await evaluate((a, b) => add(a, b), [array([1, 2]), array([3, 4])]);
 * y.data // Float32Array [4, 6]
 */
export async function evaluate(
  fn: TensorFunction,
  inputs: readonly NdArray[],
  options: EvaluateOptions = {},
): Promise<NdArray[]> {
  const { outputs } = trace(fn, inputs);
  return run(outputs, inputs, options);
}

export interface ValueAndGradientsOptions extends EvaluateOptions {
  /**
   * Weights of the entries of the first result in the scalar that is differentiated (a
   * "cotangent"); needed when that result is not a scalar.
   */
  readonly weights?: NdArray<"float32">;
  /** Indices of the inputs to differentiate by; default: all floating-point inputs. */
  readonly wrt?: readonly number[];
}

/**
 * Traces `fn` and returns its first result with the gradients of that result by the inputs.
 *
 * @example
 * const { value, gradients } = await valueAndGradients((x) => reduceSum(mul(x, x)), [array([1, 2])]);
 * value.data        // Float32Array [5]
 * gradients[0].data // Float32Array [2, 4]
 */
export async function valueAndGradients(
  fn: TensorFunction,
  inputs: readonly NdArray[],
  { weights, wrt, ...options }: ValueAndGradientsOptions = {},
): Promise<{ value: NdArray; gradients: NdArray[] }> {
  const { graph, tensors, outputs } = trace(fn, inputs);
  const first = outputs[0]!;
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
  const [value, ...rest] = await run([first, ...grads], feeds, options);
  return { value: value!, gradients: rest };
}

function trace(fn: TensorFunction, inputs: readonly NdArray[]) {
  const graph = createGraph();
  const tensors = inputs.map((value, i) => input(graph, `input${i}`, value));
  const result = fn(...tensors);
  const outputs: readonly Tensor[] = "graph" in result ? [result] : result;
  return { graph, tensors, outputs };
}

async function run(
  outputs: readonly Tensor[],
  inputs: readonly NdArray[],
  { runtime = nativeRuntime() }: EvaluateOptions,
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
