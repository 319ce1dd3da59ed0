/** Evaluation of objectives that compare samples: whatever the batch size, the same samples are compared. */
import { allocate, type NdArray } from "../graph/array.ts";
import { constant } from "../graph/inputs.ts";
import type { Shape } from "../graph/shape.ts";
import {
  type ArrayBatch,
  type BatchSource,
  createEvaluator,
  type Evaluator,
  type EvaluatorOptions,
} from "./evaluator.ts";
import { addScalars, type StagedObjective } from "./staged-objective.ts";
import type { Objective } from "./step-graph.ts";

/** Samples that are compared with each other, at most. */
export const COMPARED = 1024;

/**
 * Compiles the evaluation of an objective of two stages: rows of all batches are embedded first and then
 * compared, the whole split at once or, above {@link COMPARED} samples, in as few groups as possible whose
 * sizes differ by one at most.
 *
 * No example: recipes with contrastive losses use it.
 */
export async function createStagedEvaluator(
  stages: StagedObjective,
  options: EvaluatorOptions,
): Promise<Evaluator> {
  const { outputs: wanted = () => false } = options;
  let names: readonly string[] = [];
  const embedding: Objective = (scope, batch) => {
    const rows = stages.embed(scope, batch);
    names = Object.keys(rows);
    return { loss: constant(scope.graph, 0), outputs: rows };
  };
  const embed = await createEvaluator(embedding, {
    ...options,
    outputs: (name) => names.includes(name) || wanted(name),
  });
  const fields = Object.fromEntries(
    embed.graph.model.outputs
      .filter(({ name }) => names.includes(name))
      .map(({ name, tensor: { dtype, shape } }) => [name, { dtype, shape: sizesOf(shape) }]),
  );
  const compare = await createEvaluator(stages.compare, {
    ...options,
    fields,
    batchSize: COMPARED,
    outputs: () => false,
  });
  return {
    graph: embed.graph,
    async run<B extends ArrayBatch>(
      source: BatchSource<B>,
      visit?: (outputs: Readonly<Record<string, NdArray>>, data: B) => void,
    ) {
      const parts: Readonly<Record<string, NdArray>>[] = [];
      const own = await embed.run(source, (outputs, data) => {
        parts.push(Object.fromEntries(names.map((name) => [name, copyOf(outputs[name]!)])));
        visit?.(outputs, data);
      });
      const rows = Object.fromEntries(
        names.map((name) => [name, joined(parts.map((part) => part[name]!))]),
      );
      return addScalars(own, await compare.run(evenGroups(rows)));
    },
    dispose() {
      embed.dispose();
      compare.dispose();
    },
  };
}

/** The shape of a row. */
function sizesOf([, ...sizes]: Shape): number[] {
  return sizes as number[];
}

function copyOf({ dtype, shape, data }: NdArray): NdArray {
  const copy = allocate(dtype, shape);
  copy.data.set(data as never);
  return copy;
}

function joined(parts: readonly NdArray[]): NdArray {
  const [{ dtype, shape }] = parts as [NdArray];
  const rows = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
  const whole = allocate(dtype, [rows, ...shape.slice(1)]);
  let at = 0;
  for (const { data } of parts) {
    whole.data.set(data as never, at);
    at += data.length;
  }
  return whole;
}

/** Groups of rows that differ by one at most in their sizes. */
function evenGroups(rows: Readonly<Record<string, NdArray>>): BatchSource<ArrayBatch> {
  const length = Object.values(rows)[0]!.shape[0]!;
  const count = Math.ceil(length / COMPARED);
  let group = 0;
  return {
    seek: (step) => {
      group = step;
    },
    async next() {
      if (group >= count) return undefined;
      const [start, end] = [group, group + 1].map((at) => Math.floor((at * length) / count));
      group += 1;
      const arrays = Object.entries(rows).map(([name, all]) => [name, slice(all, start!, end!)]);
      return { arrays: Object.fromEntries(arrays) };
    },
  };
}

function slice({ dtype, shape, data }: NdArray, start: number, end: number): NdArray {
  const size = data.length / shape[0]!;
  const rows = allocate(dtype, [end - start, ...shape.slice(1)]);
  rows.data.set(data.subarray(start * size, end * size) as never);
  return rows;
}
