/** Reads the routing of every layer out of the outputs of an evaluation. */
import type { NdArray } from "../graph/array.ts";
import { routingStatistics } from "../inspect/routing-statistics.ts";
import type { LayerRouting } from "../inspect/types.ts";

/** Endings of the taps that routing is read from. */
export const ROUTING_TAPS = [".ids", ".combine_weights", ".probabilities"] as const;

export interface RoutingRecord {
  /** Names of the layers that route. */
  readonly layerNames: readonly string[];
  /** Adds a batch; `labels` are the classes of its samples. */
  add(outputs: Readonly<Record<string, NdArray>>, labels?: readonly number[]): void;
  layers(): LayerRouting[];
}

/** Sums up the routing over batches, by class where there are classes. */
export function readRouting(taps: readonly string[], numClasses = 0): RoutingRecord {
  const layerNames = taps
    .filter((name) => name.endsWith(".ids"))
    .map((name) => name.slice(0, -".ids".length));
  const statistics = routingStatistics({ numClasses });
  return {
    layerNames,
    add(outputs, labels) {
      for (const layer of layerNames) {
        const { ids, probabilities } = routingOf(outputs, layer);
        statistics.add(layer, { ids, probabilities, ...(labels && { labels }) });
      }
    },
    layers: () => statistics.layers(),
  };
}

/** The outputs of one layer's router. */
export function routingOf(outputs: Readonly<Record<string, NdArray>>, layer: string) {
  return {
    ids: outputs[`${layer}.ids`]!,
    combineWeights: outputs[`${layer}.combine_weights`]!,
    probabilities: outputs[`${layer}.probabilities`]!,
  };
}
