/**
 * Memory shared by the graphs of a training: parameters, gradients, moments, states, random
 * numbers.
 */
import { allocate, type NdArray } from "../graph/array.ts";
import type { ParameterSpec, Trace } from "../nn/scope.ts";
import type { Optimizer } from "../optim/optimizer.ts";
import { foldIn, type Key } from "../random/index.ts";
import { type Arena, BUFFERS, createArena } from "../runtime/arena.ts";
import { type ParameterGroups, parameterGroups } from "./parameter-groups.ts";
import { createRandomPool } from "./random-pool.ts";

export interface StepMemoryOptions {
  readonly optimizer: Optimizer;
  readonly seed: Key;
  /** Keeps a moving average of the weights. */
  readonly ema?: boolean;
  /** Which parameters train, and with which settings. Default: all, in two groups by their decay. */
  readonly groups?: ParameterGroups;
}

/** The index that selects random numbers, in addition to the seed and their name. */
export interface DrawIndex {
  /** Update, counted from 0. */
  readonly step: number;
  /** Micro-batch within it. Default 0. */
  readonly micro?: number;
}

export interface StepMemory {
  readonly parameters: ReadonlyMap<string, ParameterSpec>;
  readonly arena: Arena;
  /** Current values of states, by name. */
  readonly states: ReadonlyMap<string, NdArray<"float32">>;
  /** Memory into which graphs write the next values of states. */
  readonly nextStates: ReadonlyMap<string, NdArray<"float32">>;
  /** The numbers of a random tensor; nothing is copied. */
  draw(name: string, index: DrawIndex): NdArray<"float32">;
  /** Runs `run` and adds the gradients that it writes to the previous gradients. */
  addingGradients(run: () => Promise<void>): Promise<void>;
}

/** Initial values of a parameter or state, drawn from the seed and its name. */
export function initialValues(seed: Key, spec: ParameterSpec): Float32Array {
  return spec.init(foldIn(foldIn(seed, "initialize"), spec.drawnAs), spec.shape);
}

/**
 * Allocates the memory of some traces, which share no parameters.
 *
 * @throws UserError (exit code 2) if the adapters of the groups name a layer that no trace has
 */
export function createStepMemory(
  traces: readonly Trace[],
  { optimizer, seed, ema = false, groups = parameterGroups() }: StepMemoryOptions,
): StepMemory {
  const specs = traces.flatMap(({ parameters }) => [...parameters.values()]);
  groups.lora?.check(
    traces.flatMap(({ linearLayers }) => [...linearLayers]),
    specs.map(({ name }) => name),
  );
  const arena = createArena(
    specs.map((spec) => ({
      ...{ name: spec.name, shape: spec.shape, group: groups.group(spec) },
      frozen: !groups.trains(spec),
    })),
    [BUFFERS.parameters, BUFFERS.gradients, ...optimizer.moments, ...(ema ? [BUFFERS.ema] : [])],
  );
  for (const spec of specs) {
    arena.view(BUFFERS.parameters, spec.name).data.set(initialValues(seed, spec));
  }
  if (ema) arena.resetAverages();

  const states = new Map<string, NdArray<"float32">>();
  const nextStates = new Map<string, NdArray<"float32">>();
  for (const trace of traces) {
    for (const spec of trace.states.values()) {
      const values = allocate("float32", spec.shape);
      values.data.set(initialValues(seed, spec));
      states.set(spec.name, values);
      if (trace.updates.has(spec.name)) nextStates.set(spec.name, allocate("float32", spec.shape));
    }
  }

  const randoms = new Map(traces.flatMap((trace) => [...trace.randoms]));
  const pool = createRandomPool(
    foldIn(seed, "noise"),
    [...randoms.values()].map(({ distribution, tensor }) => ({
      distribution,
      shape: tensor.shape as readonly number[],
    })),
  );
  let before: Float32Array | undefined;

  return {
    parameters: new Map(specs.map((spec) => [spec.name, spec])),
    arena,
    states,
    nextStates,
    draw(name, { step, micro = 0 }) {
      const { distribution, tensor } = randoms.get(name)!;
      const shape = tensor.shape as readonly number[];
      return pool.window(distribution, name, step + micro * 2 ** 32, shape);
    },
    async addingGradients(run) {
      const gradients = arena.flat(BUFFERS.gradients);
      before ??= new Float32Array(gradients.length);
      before.set(gradients);
      await run();
      for (let i = 0; i < gradients.length; i++) gradients[i]! += before[i]!;
    },
  };
}
