import type { Tensor } from "../graph/graph.ts";
import type { Scope } from "../nn/scope.ts";
import { stack } from "../ops/tile.ts";
import {
  assignmentCounts,
  mutualInformationOf,
  type RoutingMetrics,
  type RoutingMetricsOptions,
  routingMetrics,
  routingMetricsByModality,
} from "./metrics.ts";
import type { Routing } from "./routing.ts";

const names: Readonly<Record<keyof RoutingMetrics, string>> = {
  load: "load",
  importance: "importance",
  localEntropy: "local_entropy",
  globalEntropy: "global_entropy",
  mutualInformation: "mutual_information",
  maxViolation: "max_violation",
  deadExperts: "dead_experts",
  gateConfidence: "gate_confidence",
  successRate: "success_rate",
  droppedFraction: "dropped_fraction",
};

/**
 * Taps `metrics.<name>` for every routing metric, `metrics.<modality>.<name>` for those of each
 * modality, and with several modalities `metrics.modality_information`, the mutual information of
 * modality and expert. Also what the same metrics are made of outside the graph: `attempted` `[N]`,
 * `token_mask` `[N]` where there is one, `modalities.<modality>` `[N]`. They cost nothing unless somebody
 * asks for them.
 *
 * @param routing after dropping
 */
export function tapMetrics(
  scope: Scope,
  routing: Routing,
  options: Omit<RoutingMetricsOptions, "mask"> & {
    readonly mask?: Tensor | undefined;
    readonly modalities?: Readonly<Record<string, Tensor>> | undefined;
  },
): void {
  const { attempted, mask, modalities = {} } = options;
  if (attempted !== undefined) scope.tap("attempted", attempted);
  if (mask !== undefined) scope.tap("token_mask", mask);
  for (const [modality, tokens] of Object.entries(modalities)) {
    scope.child("modalities").tap(modality, tokens);
  }
  const tap = (at: Scope, metrics: RoutingMetrics): void => {
    for (const [key, name] of Object.entries(names)) {
      at.tap(name, metrics[key as keyof RoutingMetrics]);
    }
  };
  const at = scope.child("metrics");
  tap(at, routingMetrics(routing, { attempted, ...(mask && { mask }) }));
  const byModality = routingMetricsByModality(routing, modalities, { attempted });
  for (const [modality, metrics] of Object.entries(byModality)) tap(at.child(modality), metrics);
  const masks = Object.values(modalities);
  if (masks.length > 1) {
    const counts = masks.map((own) => assignmentCounts(routing.ids, routing.numExperts, own));
    at.tap("modality_information", mutualInformationOf(stack(counts)));
  }
}
