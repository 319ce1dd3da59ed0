/** Objectives of two stages, of which the first reads samples one by one and the second all at once. */
import type { Tensor } from "../graph/graph.ts";
import type { Scope } from "../nn/scope.ts";
import type { Objective, ObjectiveResult } from "./step-graph.ts";

/** A contrastive objective, say: embeddings of each sample, and a loss over those of the batch. */
export interface StagedObjective {
  /** What each sample contributes, by name; rows have the batch axis first. */
  readonly embed: (
    scope: Scope,
    batch: Readonly<Record<string, Tensor>>,
  ) => Readonly<Record<string, Tensor>>;
  /** The loss over the rows of all samples; its parameters are none of `embed`. */
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
