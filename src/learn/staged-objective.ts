/** Objectives of two stages: the first reads samples separately, the second compares all of them. */
import type { Tensor } from "../graph/graph.ts";
import type { Scope } from "../nn/scope.ts";
import type { ObjectiveResult } from "./apply/objective-result.ts";
import type { Objective } from "./step-graph.ts";

/** For example a contrastive objective: an embedding per sample, and a loss over the embeddings of a batch. */
export interface StagedObjective {
  /** Rows of each sample, by name; the batch axis is first. */
  readonly embed: (
    scope: Scope,
    batch: Readonly<Record<string, Tensor>>,
  ) => Readonly<Record<string, Tensor>>;
  /** The loss over the rows of all samples; it shares no parameters with `embed`. */
  readonly compare: (scope: Scope, rows: Readonly<Record<string, Tensor>>) => ObjectiveResult;
}

/**
 * Both stages as one objective, whose outputs include the rows.
 *
 * @example
 * const objective = joinStages({
 *   embed: (scope, { x }) => ({ z: mul(x, 2) }),
 *   compare: (scope, { z }) => ({ loss: reduceMean(z) }),
 * });
 * const run = (scope, inputs) => objective(scope, inputs).loss;
 * const { output } = await apply(run, new Map(), { x: array([1, 2]) });
 * output.data[0]; // 3
 */
export function joinStages({ embed, compare }: StagedObjective): Objective {
  return (scope, batch) => {
    const rows = embed(scope, batch);
    const result = compare(scope, rows);
    return { ...result, outputs: { ...rows, ...result.outputs } };
  };
}

/**
 * Scalars of both stages, which add up where both have them.
 *
 * No example: evaluation and GradCache run the stages one after the other.
 */
export function addScalars(
  first: Readonly<Record<string, number>>,
  second: Readonly<Record<string, number>>,
): Record<string, number> {
  const both: Record<string, number> = { ...first };
  for (const [name, value] of Object.entries(second)) both[name] = (both[name] ?? 0) + value;
  return both;
}
