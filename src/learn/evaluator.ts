/** Runs the evaluation graph over a split; weights are read in place. */

import type { Batch, Field, SeekOptions } from "../data/batches/batch.ts";
import { allocate, type NdArray, view } from "../graph/array.ts";
import { batch, type Dim, type Shape } from "../graph/shape.ts";
import type { Binding, Runtime, SessionOptions } from "../runtime/session.ts";
import { createMeans, outputsOfTerms } from "./scalars/means.ts";
import {
  type BatchSpec,
  evaluationGraph,
  type GivenTensors,
  type Objective,
  type StepGraph,
} from "./step-graph.ts";
import { readScalar } from "./step-session.ts";

/** The part of a batch that graphs read: its arrays, each with the batch axis first. */
export interface ArrayBatch {
  readonly arrays: Readonly<Record<string, NdArray>>;
}

/** A sequence of batches, such as a loader. */
export interface BatchSource<B extends ArrayBatch = Batch> {
  /** Moves to a batch, counted from 0 through all epochs. A source may ignore the options. */
  seek(step: number, options?: SeekOptions): void;
  /** The next batch; undefined after the last one. */
  next(): Promise<B | undefined>;
}

/** Reads tensors of a model from a cache instead of computing them. */
export interface FeatureCache {
  /** The tensors, in the graph of these outputs. */
  readonly givenFor: GivenTensors;
  /**
   * `source` with the tensors of each batch.
   *
   * @param needs whether an array of the batch is read as well; others may be left out
   */
  withFeatures<B extends ArrayBatch>(
    source: BatchSource<B>,
    needs: (array: string) => boolean,
  ): BatchSource<B>;
}

export interface Evaluator {
  readonly graph: StepGraph;
  /**
   * Means of the scalars over `source`, each by its own weight: batches of any size give the same
   * means, unless samples compete with each other in the model or the loss. `visit` receives the outputs and taps of each
   * batch, which the next batch overwrites.
   */
  run<B extends ArrayBatch = Batch>(
    source: BatchSource<B>,
    visit?: (outputs: Readonly<Record<string, NdArray>>, data: B) => void,
  ): Promise<Record<string, number>>;
  dispose(): void;
}

export interface EvaluatorOptions {
  readonly runtime: Runtime;
  readonly session?: SessionOptions;
  /** Memory of a parameter or state by its name. */
  readonly weights: (name: string) => NdArray;
  /** The arrays of a batch, without their batch axis. */
  readonly fields: Readonly<Record<string, Field>>;
  readonly batchSize: number;
  /** Outputs in addition to the scalars: names of `outputs` of the objective, and taps. */
  readonly outputs?: (name: string) => boolean;
  /** Cache of the frozen part of the model. Default none. */
  readonly features?: FeatureCache;
}

/**
 * Compiles the evaluation of an objective for batches of up to `batchSize` samples.
 *
 * No example: the model that `fit` returns has `evaluate`.
 */
export async function createEvaluator(
  objective: Objective,
  options: EvaluatorOptions,
): Promise<Evaluator> {
  const { batchSize, runtime, outputs: wanted = () => false, features } = options;
  const graph = evaluationGraph(objective, batchSpec(options.fields, batch()), {
    tap: wanted,
    ...(features && { givenFor: features.givenFor }),
  });
  const session = await runtime.createSession(graph.model.bytes, {
    ...options.session,
    explain: graph.model.explain,
  });
  const read = new Set([...graph.scalars, ...outputsOfTerms(graph.terms)]);
  const results = graph.model.outputs.filter(({ name }) => read.has(name) || wanted(name));
  const memory = Object.fromEntries(
    results.map(({ name, tensor }) => [
      name,
      allocate(tensor.dtype, sizes(tensor.shape, batchSize)),
    ]),
  );
  const used = new Set(graph.model.inputs.map(({ name }) => name));
  const cached = graph.readsGiven ? features : undefined;
  let binding: Binding | undefined;
  let boundSize = 0;

  /** Outputs of a batch of `size` samples: the first part of their memory. */
  const outputsFor = (size: number): Record<string, NdArray> =>
    Object.fromEntries(
      results.map(({ name, tensor }) => [
        name,
        view(tensor.dtype, sizes(tensor.shape, size), memory[name]!.data.buffer, 0),
      ]),
    );

  const runBatch = async (data: ArrayBatch, size: number): Promise<Record<string, NdArray>> => {
    const outputs = outputsFor(size);
    if (binding === undefined) {
      const inputs = graph.model.inputs.map(({ name }) => [
        name,
        data.arrays[name] ?? options.weights(name),
      ]);
      binding = session.bind(Object.fromEntries(inputs), outputs);
    } else {
      for (const [name, array] of Object.entries(data.arrays)) {
        if (used.has(name)) binding.rebind(name, array);
      }
      if (size !== boundSize) {
        for (const [name, array] of Object.entries(outputs)) binding.rebind(name, array);
      }
    }
    boundSize = size;
    await binding.run();
    return outputs;
  };

  return {
    graph,
    async run(given, visit) {
      const means = createMeans(graph.terms);
      const source = cached?.withFeatures(given, (name) => used.has(name)) ?? given;
      source.seek(0);
      for (let data = await source.next(); data !== undefined; data = await source.next()) {
        const size = rowsOf(data);
        const outputs = await runBatch(data, size);
        means.add((name) => readScalar(outputs, name), size);
        visit?.(outputs, data);
      }
      return means.result();
    },
    dispose() {
      binding?.dispose();
      session.dispose();
    },
  };
}

/** Number of samples of a batch. */
export function rowsOf({ arrays }: ArrayBatch): number {
  return Object.values(arrays)[0]?.shape[0] ?? 0;
}

/**
 * The inputs of a graph for batches of `size` samples.
 *
 * @example
 * batchSpec({ x: { dtype: "float32", shape: [3] } }, 8).x.shape; // [8, 3]
 */
export function batchSpec(fields: Readonly<Record<string, Field>>, size: Dim): BatchSpec {
  return Object.fromEntries(
    Object.entries(fields).map(([name, { dtype, shape }]) => [
      name,
      { dtype, shape: [size, ...shape] },
    ]),
  );
}

/** A shape with the batch size filled in. */
function sizes(shape: Shape, batchSize: number): number[] {
  return shape.map((dim) => (typeof dim === "number" ? dim : dim.factor * batchSize));
}

/** The scores of a summary: all except auxiliary losses and the objective. */
export function mainScores(scores: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(scores).filter(
      ([name]) => name !== "objective" && !name.startsWith("auxiliary/"),
    ),
  );
}
