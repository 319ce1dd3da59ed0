/** Runs of functions of a scope whose parameters and random numbers are drawn by name. */
import { gradients } from "../autodiff/gradients.ts";
import { type NdArray, toNumbers } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { torchLinear } from "../nn/initializers.ts";
import { normalArray } from "../nn/scope.fixture.ts";
import { createScope, type Scope, type Trace } from "../nn/scope.ts";
import { emitModel } from "../onnx/emit.ts";
import { tanh } from "../ops/activation.ts";
import { mul } from "../ops/arithmetic.ts";
import { randomArray } from "../ops/check.fixture.ts";
import { matmul } from "../ops/matmul.ts";
import { reduceSum } from "../ops/reduce.ts";
import { nativeRuntime } from "../runtime/native/native.ts";
import type { Session } from "../runtime/session.ts";
import type { Dispatcher } from "./dispatch/dropless.ts";
import { rowsOf } from "./routers/routers.fixture.ts";

export interface RunOptions {
  readonly inputs: Readonly<Record<string, NdArray>>;
  readonly training?: boolean;
  /** Of the values that parameters, states and random tensors get. */
  readonly seed?: number;
  /** Values by name, before those that are drawn. */
  readonly values?: Readonly<Record<string, NdArray>>;
}

export type Inputs = Readonly<Record<string, Tensor>>;
export type Arrays = Record<string, NdArray>;

/** Traces and runs `fn`; parameters without a value are drawn from 0.2 to 0.8, of either sign. */
export async function run(
  fn: (scope: Scope, inputs: Inputs, trace: Trace) => Readonly<Record<string, Tensor>>,
  options: RunOptions,
): Promise<Arrays> {
  const { scope, trace, inputs } = begin(options);
  const model = emitModel(fn(scope, inputs, trace));
  return withSession(model, async (session) => session.run(feedsOf(model.inputs, trace, options)));
}

export function begin({ inputs, training = false }: RunOptions) {
  const { scope, trace } = createScope({ training });
  const tensors = Object.entries(inputs).map(
    ([name, { dtype, shape }]) => [name, input(trace.graph, name, { dtype, shape })] as const,
  );
  return { scope, trace, inputs: Object.fromEntries(tensors) };
}

type Model = ReturnType<typeof emitModel>;

export async function withSession<T>(
  model: Model,
  use: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await nativeRuntime().createSession(model.bytes, {
    explain: model.explain,
    threads: 1,
  });
  try {
    return await use(session);
  } finally {
    session.dispose();
  }
}

export function feedsOf(wanted: Model["inputs"], trace: Trace, options: RunOptions): Arrays {
  const { inputs, values = {}, seed = 0 } = options;
  return Object.fromEntries(
    wanted.map(({ name, shape, role }) => {
      const size = shape as readonly number[];
      const known = inputs[name] ?? values[name];
      if (known !== undefined) return [name, known];
      if (role === "random" && trace.randoms.get(name)!.distribution === "normal") {
        return [name, normalArray(name, size, seed)];
      }
      const drawn = randomArray(size, seed + hash(name), role === "random" ? 0 : -1, 1);
      if (role !== "parameter") return [name, drawn];
      return [name, { ...drawn, data: drawn.data.map((v) => Math.sign(v) * (0.2 + 0.6 * Math.abs(v))) }]; // biome-ignore format: one expression
    }),
  );
}

function hash(name: string): number {
  return [...name].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65521, 7);
}

/** `tanh(x W_e)` of what each expert receives, combined; `W_e` `[D, D]` under `experts.e`. */
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

/** The output of a form, and the gradients of a weighted sum of it by tokens and all parameters. */
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
