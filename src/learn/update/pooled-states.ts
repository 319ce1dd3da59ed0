/** States that follow all batches of an update: they move once, from the statistics of each. */
import { allocate, type NdArray, view } from "../../graph/array.ts";
import { createGraph, type Tensor, type TensorSpec } from "../../graph/graph.ts";
import { input } from "../../graph/inputs.ts";
import type { Trace } from "../../nn/scope.ts";
import { emitModel } from "../../onnx/emit.ts";
import type { Runtime, SessionOptions } from "../../runtime/session.ts";
import type { StepMemory } from "../step-memory.ts";
import type { NamedArrays } from "../step-session.ts";
import { statisticName, statisticOutputs } from "./statistics.ts";

export interface PooledStates {
  /** Memory for the statistics of batch `micro`, by the names of outputs. */
  outputs(micro: number): NamedArrays;
  /** Moves the states, once the statistics of all batches are known. */
  move(): Promise<void>;
  dispose(): void;
}

export interface PooledStatesOptions {
  readonly runtime: Runtime;
  readonly memory: StepMemory;
  readonly session?: SessionOptions | undefined;
  /** Batches of an update. */
  readonly count: number;
}

/**
 * Compiles the updates of a trace's states that follow the batches.
 *
 * No example: training steps with several batches use it.
 */
export async function createPooledStates(
  trace: Trace,
  { runtime, memory, session: options = {}, count }: PooledStatesOptions,
): Promise<PooledStates> {
  const rows = new Map(
    Object.entries(statisticOutputs(trace)).map(([name, spec]) => [name, stack(spec, count)]),
  );
  if (rows.size === 0) return { outputs: () => ({}), move: async () => {}, dispose: () => {} };
  const names = [...trace.pooledUpdates.keys()];
  const { bytes, explain } = emitModel(nextStates(trace, count));
  const session = await runtime.createSession(bytes, { ...options, explain });
  const known = [...rows].map(([name, { whole }]) => [name, whole] as const);
  const states = names.map((name) => [name, memory.states.get(name)!] as const);
  const given = Object.fromEntries(
    [...known, ...states].filter(([name]) => session.inputNames.includes(name)),
  );
  const next = Object.fromEntries(
    names.map((name) => [nextName(name), memory.nextStates.get(name)!]),
  );
  const binding = session.bind(given, next);
  return {
    outputs: (micro) =>
      Object.fromEntries([...rows].map(([name, { parts }]) => [name, parts[micro]!])),
    async move() {
      await binding.run();
      for (const [name, { data }] of states) data.set(memory.nextStates.get(name)!.data);
    },
    dispose() {
      binding.dispose();
      session.dispose();
    },
  };
}

/** The next values of states from the statistics of `count` batches. */
function nextStates({ pooledUpdates, states }: Trace, count: number): Record<string, Tensor> {
  const graph = createGraph();
  const entries = [...pooledUpdates].map(([name, { statistics, next }]) => {
    const rows = Object.entries(statistics).map(([key, { dtype, shape }]) => [
      key,
      input(graph, statisticName(name, key), { dtype, shape: [count, ...shape] }),
    ]);
    const { shape } = states.get(name)!;
    const state = input(graph, name, { dtype: "float32", shape }, "state");
    return [nextName(name), next(state, Object.fromEntries(rows))] as const;
  });
  return Object.fromEntries(entries);
}

function nextName(state: string): string {
  return `next:${state}`;
}

interface Stack {
  readonly whole: NdArray;
  readonly parts: readonly NdArray[];
}

/** Memory for `count` arrays in a row. */
function stack({ dtype, shape }: TensorSpec, count: number): Stack {
  const sizes = shape as readonly number[];
  const whole = allocate(dtype, [count, ...sizes]);
  const bytes = whole.data.byteLength / count;
  const at = whole.data.byteOffset;
  const parts = Array.from({ length: count }, (_, micro) =>
    view(dtype, sizes, whole.data.buffer, at + micro * bytes),
  );
  return { whole, parts };
}
