/** Feeds several collectors in one pass over a split. */
import type { Batch } from "../../data/batches/batch.ts";
import type { NdArray } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { Evaluator } from "../../learn/evaluator.ts";
import { layersOf } from "../../moe/routing-taps.ts";
import type { FullEvaluationOptions } from "../task.ts";

/** Outputs and taps of a batch by name; the next batch overwrites them. */
export type Outputs = Readonly<Record<string, NdArray>>;

/** Gathers one part of a report over the batches of a split. */
export interface Collector<Result> {
  /** Whether the collector reads an output or tap of this name. */
  wants(name: string): boolean;
  /** @param layers names of the routed layers */
  see(outputs: Outputs, batch: Batch, layers: readonly string[]): void;
  result(): Result;
}

type Collectors<Results> = { readonly [Name in keyof Results]: Collector<Results[Name]> };

export interface Collected<Results> {
  /** Means of the scalars. */
  readonly scores: Record<string, number>;
  readonly results: Results;
  /** All taps of the model, including taps that no collector reads. */
  readonly taps: ReadonlyMap<string, Tensor>;
}

/**
 * Evaluates a split once and returns the results of all collectors.
 *
 * @param again further passes with the same evaluator, after the pass of the collectors
 */
export async function evaluateWith<Results extends object>(
  { loader, createEvaluator, onBatch }: FullEvaluationOptions,
  collectors: Collectors<Results>,
  again?: (evaluator: Evaluator, results: Results) => Promise<void>,
): Promise<Collected<Results>> {
  const all = Object.entries(collectors) as [string, Collector<unknown>][];
  const evaluator = await createEvaluator((name) => all.some(([, each]) => each.wants(name)));
  try {
    const layers = layersOf(evaluator.graph.taps);
    const scores = await evaluator.run(loader, (outputs, batch) => {
      for (const [, each] of all) each.see(outputs, batch, layers);
      onBatch();
    });
    const entries = all.map(([name, each]) => [name, each.result()] as const);
    const results = Object.fromEntries(entries) as Results;
    await again?.(evaluator, results);
    return { scores, results, taps: evaluator.graph.trace.taps };
  } finally {
    evaluator.dispose();
  }
}
