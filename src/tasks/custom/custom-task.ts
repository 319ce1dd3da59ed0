/** A task from a custom objective. */
import type { Objective } from "../../learn/step-graph.ts";
import { evaluateWith } from "../shared/collect.ts";
import { routingCollector } from "../shared/collectors.ts";
import type { FullEvaluation, FullEvaluationOptions, Task, TaskData } from "../task.ts";
import { routedTokens } from "./routed-tokens.ts";

export interface CustomTaskOptions extends Partial<Omit<Task, "objective">> {
  readonly objective: Objective;
}

/**
 * The task of an objective, for `train(config, { task })`.
 *
 * Reports and the inspector show the scores, the routing of every `moe` layer, and its association with
 * classes if the data have classes; `evaluateFully` may add more.
 *
 * Defaults: the validation loss chooses the checkpoint; class names come from the data; tokens per
 * sample and active experts come from the routed layers.
 *
 * @example
 * const objective = (scope, { features, labels }) => {
 *   const logits = linear(scope, features, 3);
 *   return { loss: crossEntropy(logits, labels) };
 * };
 * const fields = { features: { dtype: "float32", shape: [4] }, labels: { dtype: "int64", shape: [] } };
 * const task = customTask({ objective })({ dataset: { classNames: ["a", "b", "c"] }, fields });
 * task.score.name; // "loss"
 */
export function customTask({ objective, ...given }: CustomTaskOptions): (source: TaskData) => Task {
  return ({ dataset, fields }) => {
    const layers = routedTokens(objective, fields);
    const classNames = given.classNames ?? ("classNames" in dataset ? dataset.classNames : []);
    return {
      objective,
      score: { name: "loss", better: "lower" },
      samples: dataset.kind === "image" ? "images" : "samples",
      tokensPerSample: Math.max(1, ...layers.map(({ tokensPerSample }) => tokensPerSample)),
      numActiveExperts: Math.max(0, ...layers.map(({ numSelectedExperts }) => numSelectedExperts)),
      evaluateFully: (evaluation) => evaluateRouting(classNames, evaluation),
      ...given,
      classNames,
    };
  };
}

/** Scores and routing of a split. */
async function evaluateRouting(
  classNames: readonly string[],
  evaluation: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const routing = routingCollector(classNames);
  const { scores, results } = await evaluateWith(evaluation, { routing });
  return { scores, record: results };
}
