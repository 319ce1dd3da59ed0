/** The training step: graph, memory and optimizer together. */
import type { NdArray } from "../graph/array.ts";
import type { ParameterSpec } from "../nn/scope.ts";
import type { EmittedModel } from "../onnx/emit.ts";
import type { Arena } from "../runtime/arena.ts";
import type { Runtime, SessionOptions } from "../runtime/session.ts";
import { type ArenaOptimizer, createArenaOptimizer } from "./arena-optimizer.ts";
import { rowsOf } from "./evaluator.ts";
import type { Lora } from "./lora/lora.ts";
import { parameterGroups } from "./parameter-groups.ts";
import { createMeans } from "./scalars/means.ts";
import {
  type BatchSpec,
  type Objective,
  type StepGraph,
  type StepGraphOptions,
  trainingGraph,
} from "./step-graph.ts";
import { createStepMemory, type StepMemoryOptions } from "./step-memory.ts";
import { createStepSession, type NamedArrays, readScalar, readScalars } from "./step-session.ts";
import { createPool } from "./update/pool.ts";
import { createPooledStates } from "./update/pooled-states.ts";

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
  /** Whether a graph reads an array of the batch, by its name. */
  readonly reads: (array: string) => boolean;
  readonly arena: Arena;
  /** Current values of states, by name. */
  readonly states: ReadonlyMap<string, NdArray<"float32">>;
  /** Tapped tensors of the last batch. */
  readonly values: NamedArrays;
  readonly optimizer: ArenaOptimizer;
  /** The adapters of linear layers; absent if layers train as a whole. */
  readonly lora?: Lora | undefined;
  /**
   * Loss and gradients of update `index`, counted from 0; `next` gives its batches. Gradients are
   * summed over them, and are the number of batches times those of the update as one batch.
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
  /** Means over the batches, each by its own weight. */
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
   * Loss and gradients of an update of one batch; `step` chooses the random numbers.
   *
   * @throws Error if an update has several batches
   */
  forwardBackward(batch: NamedArrays, step: number): Promise<void>;
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
  const accumulates = accumulationSteps > 1;
  const graph = trainingGraph(objective, batch, {
    trains: groups.trains,
    adapterOf: groups.lora?.adapterOf,
    accumulates,
    ...options.graph,
  });
  const memory = createStepMemory([graph.trace], { ...options, groups });
  const { profile: _, ...unprofiled } = options.session ?? {};
  const shared = { runtime, memory, totalSteps };
  const session = await createStepSession(graph, {
    ...shared,
    ...(options.session && { session: options.session }),
  });
  const pool = await createPool(graph, { ...shared, session: unprofiled });
  const optimizer = await createArenaOptimizer(runtime, memory.arena, options.optimizer, {
    ...unprofiled,
    ema,
  });
  const pooledStates = accumulates
    ? await createPooledStates(graph.trace, {
        ...{ runtime, memory, session: unprofiled },
        count: accumulationSteps,
      })
    : undefined;
  const forwardBackward = async (data: NamedArrays, index: number): Promise<void> => {
    if (accumulates) throw new Error(`an update has ${accumulationSteps} batches; call accumulate`);
    await session.run(data, { step: index });
    session.moveStates();
  };
  const values = (name: string) => readScalar(session.values, name);
  return {
    graph,
    parameters: memory.parameters,
    taps: graph.taps,
    reads: readsArray([graph.model, graph.pool]),
    arena: memory.arena,
    states: memory.states,
    values: session.values,
    optimizer,
    lora: groups.lora,
    forwardBackward,
    async accumulate(index, next) {
      if (!accumulates) {
        const batch = await next();
        await forwardBackward(batch.arrays, index);
        return { scalars: readScalars(graph.scalars, session.values), batch };
      }
      const means = createMeans(graph.terms);
      // All batches are needed at once if their weights are.
      const held = pool && (await collect(next, accumulationSteps));
      if (held)
        await pool.run(
          held.map(({ arrays }) => arrays),
          index,
        );
      for (let micro = 0; ; micro++) {
        const current = held?.[micro] ?? (await next());
        const arrays = { ...current.arrays, ...pool?.means, ...pooledStates!.outputs(micro) };
        const run = () => session.run(arrays, { step: index, micro });
        await (micro > 0 ? memory.addingGradients(run) : run());
        means.add(values, rowsOf(current));
        if (micro < accumulationSteps - 1) continue;
        session.moveStates();
        await pooledStates!.move();
        return { scalars: means.result(), batch: current };
      }
    },
    endProfiling: session.endProfiling,
    dispose() {
      for (const part of [optimizer, session, pool, pooledStates]) part?.dispose();
    },
  };
}

/**
 * Whether one of several models reads an input, by its name.
 *
 * No example: training steps use it.
 */
export function readsArray(
  models: readonly (EmittedModel | undefined)[],
): (array: string) => boolean {
  const names = new Set(models.flatMap((model) => model?.inputs.map(({ name }) => name) ?? []));
  return (array) => names.has(array);
}

/**
 * The next `count` batches.
 *
 * No example: training steps with several batches use it.
 */
export async function collect<B>(next: () => Promise<B>, count: number): Promise<B[]> {
  const batches: B[] = [];
  while (batches.length < count) batches.push(await next());
  return batches;
}
