/** One graph of a training, compiled and bound to the memory that all graphs of the training share. */

import { allocate, type NdArray } from "../graph/array.ts";
import { BUFFERS } from "../runtime/arena.ts";
import type { Binding, Runtime, SessionOptions } from "../runtime/session.ts";
import { createLossWeights } from "./loss-weights.ts";
import { outputsOfTerms } from "./scalars/means.ts";
import { GRADIENT_PREFIX, STATE_PREFIX, type StepGraph } from "./step-graph.ts";
import type { DrawIndex, StepMemory } from "./step-memory.ts";

/** Arrays by the name of their input or output. */
export type NamedArrays = Readonly<Record<string, NdArray>>;

export interface StepSession {
  /** Values of scalars, of their terms, and of taps after a run. */
  readonly values: NamedArrays;
  /**
   * Runs the graph: parameters, states and random numbers come from the memory, and gradients and
   * the next values of states are written there. `arrays` are the arrays of the batch, and arrays that
   * replace those of the memory; names that the graph does not have are ignored.
   */
  run(arrays: NamedArrays, index: DrawIndex): Promise<void>;
  /** Replaces states by their next values, of the last run. */
  moveStates(): void;
  /** Ends the profile that `session.profile` started; returns the name of its file. */
  endProfiling(): string;
  dispose(): void;
}

export interface StepSessionOptions {
  readonly runtime: Runtime;
  readonly memory: StepMemory;
  readonly session?: SessionOptions;
  /** Steps of the whole training, for decaying weights of auxiliary losses. */
  readonly totalSteps?: number | undefined;
  /** Whether runs compute the next values of states. Default true. */
  readonly movesStates?: boolean;
}

export async function createStepSession(
  { model, trace, scalars, terms, taps, weights }: StepGraph,
  { runtime, memory, session: options, totalSteps, movesStates = true }: StepSessionOptions,
): Promise<StepSession> {
  const { arena, states, nextStates } = memory;
  const used = new Set(model.inputs.map(({ name }) => name));
  const produced = new Set(model.outputs.map(({ name }) => name));
  const noisy = [...trace.randoms.keys()].filter((name) => used.has(name));
  const moved = movesStates
    ? [...trace.updates.keys()].filter((name) => produced.has(STATE_PREFIX + name))
    : [];
  const lossWeights = createLossWeights(weights, totalSteps);

  const values: Record<string, NdArray> = {};
  for (const name of [...scalars, ...outputsOfTerms(terms)]) {
    values[name] = allocate("float32", []);
  }
  for (const name of taps) {
    const { dtype, shape } = trace.taps.get(name)!;
    values[name] = allocate(dtype, shape as readonly number[]);
  }
  const inputs: Record<string, NdArray> = { ...lossWeights.inputs };
  const outputs: Record<string, NdArray> = { ...values };
  for (const name of trace.states.keys()) if (used.has(name)) inputs[name] = states.get(name)!;
  for (const name of moved) outputs[STATE_PREFIX + name] = nextStates.get(name)!;
  for (const name of trace.parameters.keys()) {
    if (used.has(name)) inputs[name] = arena.view(BUFFERS.parameters, name);
    const gradient = GRADIENT_PREFIX + name;
    if (produced.has(gradient)) outputs[gradient] = arena.view(BUFFERS.gradients, name);
  }

  const session = await runtime.createSession(model.bytes, {
    ...options,
    explain: model.explain,
  });
  let binding: Binding | undefined;
  const place = (arrays: NamedArrays): Binding => {
    const given = Object.entries(arrays);
    if (binding === undefined) {
      for (const [name, array] of given) {
        if (used.has(name)) inputs[name] = array;
        else if (produced.has(name)) outputs[name] = array;
      }
      binding = session.bind(inputs, outputs);
      return binding;
    }
    for (const [name, array] of given) {
      if (used.has(name) || produced.has(name)) binding.rebind(name, array);
    }
    return binding;
  };

  return {
    values,
    async run(arrays, index) {
      const drawn = noisy.map((name) => [name, memory.draw(name, index)]);
      lossWeights.set(index.step);
      await place({ ...arrays, ...Object.fromEntries(drawn) }).run();
    },
    moveStates() {
      for (const name of moved) states.get(name)!.data.set(nextStates.get(name)!.data);
    },
    endProfiling() {
      if (session.endProfiling === undefined) {
        throw new Error(`the ${runtime.name} runtime writes no profiles`);
      }
      return session.endProfiling();
    },
    dispose() {
      binding?.dispose();
      session.dispose();
    },
  };
}

/** Reads scalars of a run by their names. */
export function readScalars(
  scalars: readonly string[],
  values: NamedArrays,
): Record<string, number> {
  return Object.fromEntries(scalars.map((name) => [name, readScalar(values, name)]));
}

export function readScalar(values: NamedArrays, name: string): number {
  return Number(values[name]!.data[0]);
}
