/** The training step as it runs: graph, memory and optimizer together. */
import { allocate, type NdArray } from "../../graph/array.ts";
import type { ParameterSpec } from "../../nn/scope.ts";
import type { Optimizer } from "../../optim/optimizer.ts";
import { foldIn, type Key } from "../../random/index.ts";
import { type Arena, createArena } from "../../runtime/arena.ts";
import type { Runtime, SessionOptions } from "../../runtime/session.ts";
import { type ArenaOptimizer, BUFFERS, createArenaOptimizer } from "./arena-optimizer.ts";
import { createLossWeights } from "./loss-weights.ts";
import { type ParameterGroups, parameterGroups } from "./parameter-groups.ts";
import { createRandomPool } from "./random-pool.ts";
import {
  type BatchSpec,
  GRADIENT_PREFIX,
  type Objective,
  STATE_PREFIX,
  type StepGraph,
  type StepGraphOptions,
  trainingGraph,
} from "./step-graph.ts";

export interface TrainStepOptions {
  readonly runtime: Runtime;
  readonly optimizer: Optimizer;
  readonly seed: Key;
  readonly session?: SessionOptions;
  /** Keeps a moving average of the weights. */
  readonly ema?: boolean;
  /** Which parameters train, and with which settings. Default all, by whether they decay. */
  readonly groups?: ParameterGroups;
  readonly graph?: StepGraphOptions;
  /** Steps of the whole training, which falling weights of auxiliary losses need. */
  readonly totalSteps?: number;
}

export interface TrainStep {
  readonly graph: StepGraph;
  readonly arena: Arena;
  /** States by name, with their present values. */
  readonly states: ReadonlyMap<string, NdArray<"float32">>;
  /** Values of scalars and taps after `forwardBackward`. */
  readonly values: Readonly<Record<string, NdArray>>;
  /**
   * Loss and gradients of one batch; `step` (and `micro`, within an accumulated step) choose the
   * random numbers. With `accumulate` the gradients are added to those already there.
   */
  forwardBackward(
    batch: Readonly<Record<string, NdArray>>,
    step: number,
    options?: { readonly micro?: number; readonly accumulate?: boolean },
  ): Promise<void>;
  readonly optimizer: ArenaOptimizer;
  /**
   * Ends the profile that `session.profile` began and gives the name of its file. The optimizer's
   * small graphs are not in it.
   */
  endProfiling(): string;
  dispose(): void;
}

/** Initial values of a parameter or state: they follow from the seed and its name. */
export function initialValues(seed: Key, spec: ParameterSpec): Float32Array {
  return spec.init(foldIn(foldIn(seed, "initialize"), spec.drawnAs), spec.shape);
}

/** Traces, compiles and lays out the training step of an objective. */
export async function createTrainStep(
  objective: Objective,
  batch: BatchSpec,
  options: TrainStepOptions,
): Promise<TrainStep> {
  const { runtime, seed, ema = false } = options;
  const groups = options.groups ?? parameterGroups();
  const graph = trainingGraph(objective, batch, { trains: groups.trains, ...options.graph });
  const { parameters, states: stateSpecs, randoms, taps } = graph.trace;
  const specs = [...parameters.values()];
  const arena = createArena(
    specs.map((spec) => ({ name: spec.name, shape: spec.shape, group: groups.group(spec) })),
    [
      BUFFERS.parameters,
      BUFFERS.gradients,
      ...options.optimizer.moments,
      ...(ema ? [BUFFERS.ema] : []),
    ],
  );
  for (const spec of specs) {
    arena.view(BUFFERS.parameters, spec.name).data.set(initialValues(seed, spec));
  }
  if (ema) arena.flat(BUFFERS.ema).set(arena.flat(BUFFERS.parameters));

  const states = new Map<string, NdArray<"float32">>();
  const nextStates: Record<string, NdArray<"float32">> = {};
  for (const spec of stateSpecs.values()) {
    const values = allocate("float32", spec.shape);
    values.data.set(initialValues(seed, spec));
    states.set(spec.name, values);
    if (graph.trace.updates.has(spec.name)) {
      nextStates[spec.name] = allocate("float32", spec.shape);
    }
  }

  const used = new Set(graph.model.inputs.map(({ name }) => name));
  const produced = new Set(graph.model.outputs.map(({ name }) => name));
  const pool = createRandomPool(
    foldIn(seed, "noise"),
    [...randoms.values()].map(({ distribution, tensor }) => ({
      distribution,
      shape: tensor.shape as readonly number[],
    })),
  );
  const draw = (name: string, step: number): NdArray => {
    const { distribution, tensor } = randoms.get(name)!;
    return pool.window(distribution, name, step, tensor.shape as readonly number[]);
  };
  const noisy = [...randoms.keys()].filter((name) => used.has(name));

  const lossWeights = createLossWeights(graph.weights, options.totalSteps);
  const values: Record<string, NdArray> = {};
  for (const name of graph.scalars) values[name] = allocate("float32", []);
  for (const name of graph.taps) {
    const { dtype, shape } = taps.get(name)!;
    values[name] = allocate(dtype, shape as readonly number[]);
  }

  const { profile, ...unprofiled } = options.session ?? {};
  const session = await runtime.createSession(graph.model.bytes, {
    ...unprofiled,
    ...(profile !== undefined && { profile }),
    explain: graph.model.explain,
  });
  const inputs: Record<string, NdArray> = {};
  const outputs: Record<string, NdArray> = { ...values };
  for (const [name, { dtype, shape }] of Object.entries(batch)) {
    if (used.has(name)) inputs[name] = allocate(dtype, shape as readonly number[]);
  }
  for (const name of noisy) inputs[name] = draw(name, 0);
  for (const [name, state] of states) if (used.has(name)) inputs[name] = state;
  for (const [name, next] of Object.entries(nextStates)) outputs[STATE_PREFIX + name] = next;
  for (const { name } of specs) {
    if (used.has(name)) inputs[name] = arena.view(BUFFERS.parameters, name);
    const gradient = GRADIENT_PREFIX + name;
    if (produced.has(gradient)) outputs[gradient] = arena.view(BUFFERS.gradients, name);
  }
  Object.assign(inputs, lossWeights.inputs);
  const binding = session.bind(inputs, outputs);
  const optimizer = await createArenaOptimizer(runtime, arena, options.optimizer, {
    ...unprofiled,
    ema,
  });
  let accumulated: Float32Array | undefined;

  return {
    graph,
    arena,
    states,
    values,
    optimizer,
    async forwardBackward(data, step, { micro = 0, accumulate = false } = {}) {
      for (const name of Object.keys(batch)) if (used.has(name)) binding.rebind(name, data[name]!);
      const draws = micro === 0 ? step : step + micro * 2 ** 32;
      for (const name of noisy) binding.rebind(name, draw(name, draws));
      lossWeights.set(step);
      const gradients = arena.flat(BUFFERS.gradients);
      if (accumulate) {
        accumulated ??= new Float32Array(gradients.length);
        accumulated.set(gradients);
      }
      await binding.run();
      if (accumulate) addInto(gradients, accumulated!);
      for (const [name, next] of Object.entries(nextStates)) states.get(name)!.data.set(next.data);
    },
    endProfiling() {
      if (session.endProfiling === undefined) {
        throw new Error(`the ${runtime.name} runtime writes no profiles`);
      }
      return session.endProfiling();
    },
    dispose() {
      optimizer.dispose();
      binding.dispose();
      session.dispose();
    },
  };
}

function addInto(target: Float32Array, other: Float32Array): void {
  for (let i = 0; i < target.length; i++) target[i]! += other[i]!;
}
