/** Runs of functions of a scope whose parameters and random numbers are drawn by name. */
import type { NdArray } from "../graph/array.ts";
import type { Tensor } from "../graph/graph.ts";
import { input } from "../graph/inputs.ts";
import { normalArray } from "../nn/scope.fixture.ts";
import { createScope, type Scope, type Trace } from "../nn/scope.ts";
import { emitModel } from "../onnx/emit.ts";
import { randomArray } from "../ops/check.fixture.ts";
import { nativeRuntime } from "../runtime/native.ts";
import type { Session } from "../runtime/session.ts";

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
