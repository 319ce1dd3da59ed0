/** The routed layers of a custom model, from its trace. */
import type { Field } from "../../data/batches/batch.ts";
import { batch } from "../../graph/shape.ts";
import { batchSpec } from "../../learn/evaluator.ts";
import { evaluationGraph, type Objective } from "../../learn/step-graph.ts";
import { layersOf, routingTap } from "../../moe/routing-taps.ts";

/** The routing of one layer. */
export interface RoutedTokens {
  readonly layer: string;
  /** Tokens per sample. */
  readonly tokensPerSample: number;
  /** `K`, selected experts per token. */
  readonly numSelectedExperts: number;
}

/** The layers of an objective's model that route tokens, in model order. */
export function routedTokens(
  objective: Objective,
  fields: Readonly<Record<string, Field>>,
): RoutedTokens[] {
  const { taps } = evaluationGraph(objective, batchSpec(fields, batch())).trace;
  return layersOf(taps.keys()).map((layer) => {
    const [numSelectedExperts, tokens] = taps.get(routingTap(layer, "ids"))!.shape; // [K, N]
    return {
      layer,
      numSelectedExperts: numSelectedExperts as number,
      tokensPerSample: typeof tokens === "object" ? tokens.factor : 1,
    };
  });
}
