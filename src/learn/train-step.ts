/** The training step: graph, memory and optimizer together. */
import type { NdArray } from "../graph/array.ts";
import type { ParameterSpec } from "../nn/scope.ts";
import type { Arena } from "../runtime/arena.ts";
import type { Runtime, SessionOptions } from "../runtime/session.ts";
import { type ArenaOptimizer, createArenaOptimizer } from "./arena-optimizer.ts";
import { parameterGroups } from "./parameter-groups.ts";
import {
  type BatchSpec,
  type Objective,
  type StepGraph,
  type StepGraphOptions,
  trainingGraph,
} from "./step-graph.ts";
import { createStepMemory, type StepMemoryOptions } from "./step-memory.ts";
import { addToMeans, createStepSession, type NamedArrays } from "./step-session.ts";

export interface TrainStepOptions extends StepMemoryOptions {
  readonly runtime: Runtime;
  readonly session?: SessionOptions;
  readonly graph?: StepGraphOptions;
  /** Batches of one update. Default 1. */
  readonly accumulationSteps?: number;
  /** Steps of the whole training, for decaying weights of auxiliary losses. */
  readonly totalSteps?: number;
}

/** A model in training: its memory and the gradients of each update. */
export interface UpdateStep {
  readonly parameters: ReadonlyMap<string, ParameterSpec>;
  /** Names of tapped tensors that `values` has. */
  readonly taps: readonly string[];
  readonly arena: Arena;
  /** Current values of states, by name. */
  readonly states: ReadonlyMap<string, NdArray<"float32">>;
  /** Tapped tensors of the last batch. */
  readonly values: NamedArrays;
  readonly optimizer: ArenaOptimizer;
  /**
   * Loss and gradients of update `index`, counted from 0; `next` gives its batches, and gradients
   * are summed over them.
   */
  accumulate<B extends { readonly arrays: NamedArrays }>(
    index: number,
    next: () => Promise<B>,
  ): Promise<Accumulated<B>>;
  /**
   * Ends the profile that `session.profile` started; returns the name of its file. The profile does not
   * include the small graphs of the optimizer.
   */
  endProfiling(): string;
  dispose(): void;
}

/** The forward and backward passes of one update. */
export interface Accumulated<B> {
  /** Means over the batches. */
  readonly scalars: Record<string, number>;
  /** The last batch. */
  readonly batch: B;
}

/** An {@link UpdateStep} whose loss depends on one batch at a time. */
export interface TrainStep extends UpdateStep {
  readonly graph: StepGraph;
  /** Scalars and tapped tensors after `forwardBackward`. */
  readonly values: NamedArrays;
  /**
   * Loss and gradients of one batch; `step` (and `micro`, within an accumulated step) choose the
   * random numbers. With `accumulate` the gradients are added to the previous ones.
   */
  forwardBackward(
    batch: NamedArrays,
    step: number,
    options?: { readonly micro?: number; readonly accumulate?: boolean },
  ): Promise<void>;
}

/**
 * Traces and compiles the training step of an objective and allocates its memory.
 *
 * @example
 * const objective = (scope, { x }) => ({ loss: reduceSum(linear(scope, x, 1)) });
 * const batch = { x: array([[1, 2], [3, 4]]) };
 * const options = { runtime: nativeRuntime(), optimizer: sgd(), seed: key(0) };
 * const step = await createTrainStep(objective, batch, options);
 * await step.forwardBackward(batch, 0);
 * step.arena.view("gradients", "weight"); // [[4, 6]]
 * step.dispose();
 */
export async function createTrainStep(
  objective: Objective,
  batch: BatchSpec,
  options: TrainStepOptions,
): Promise<TrainStep> {
  const { runtime, ema = false, accumulationSteps = 1, totalSteps } = options;
  const { groups = parameterGroups() } = options;
  const graph = trainingGraph(objective, batch, { trains: groups.trains, ...options.graph });
  const memory = createStepMemory([graph.trace], { ...options, groups });
  const { profile: _, ...unprofiled } = options.session ?? {};
  const session = await createStepSession(graph, {
    runtime,
    memory,
    totalSteps,
    ...(options.session && { session: options.session }),
  });
  const optimizer = await createArenaOptimizer(runtime, memory.arena, options.optimizer, {
    ...unprofiled,
    ema,
  });
  const forwardBackward: TrainStep["forwardBackward"] = (
    data,
    step,
    { micro = 0, accumulate = false } = {},
  ) => {
    const run = () => session.run(data, { step, micro });
    return accumulate ? memory.addingGradients(run) : run();
  };
  return {
    graph,
    parameters: memory.parameters,
    taps: graph.taps,
    arena: memory.arena,
    states: memory.states,
    values: session.values,
    optimizer,
    forwardBackward,
    async accumulate(index, next) {
      const scalars: Record<string, number> = {};
      let batch = await next();
      for (let micro = 0; micro < accumulationSteps; micro++) {
        if (micro > 0) batch = await next();
        await forwardBackward(batch.arrays, index, { micro, accumulate: micro > 0 });
        addToMeans(scalars, graph.scalars, session.values, accumulationSteps);
      }
      return { scalars, batch };
    },
    endProfiling: session.endProfiling,
    dispose() {
      optimizer.dispose();
      session.dispose();
    },
  };
}
