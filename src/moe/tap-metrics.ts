import type { Tensor } from "../graph/graph.ts";
import type { Scope } from "../nn/scope.ts";
import { type RoutingMetrics, routingMetrics } from "./metrics.ts";
import type { Routing } from "./routing.ts";

const names: Readonly<Record<keyof RoutingMetrics, string>> = {
  load: "load",
  importance: "importance",
  localEntropy: "local_entropy",
  globalEntropy: "global_entropy",
  maxViolation: "max_violation",
  deadExperts: "dead_experts",
  gateConfidence: "gate_confidence",
  successRate: "success_rate",
  droppedFraction: "dropped_fraction",
};

/**
 * Taps `metrics.<name>` for every routing metric, and `metrics.<modality>.<name>` for those of each
 * modality; they cost nothing unless somebody asks for them.
 *
 * @param routing after dropping
 */
export function tapMetrics(
  scope: Scope,
  routing: Routing,
  {
    mask,
    modalities = {},
  }: {
    readonly mask?: Tensor | undefined;
    readonly modalities?: Readonly<Record<string, Tensor>>;
  },
): void {
  const tap = (at: Scope, metrics: RoutingMetrics): void => {
    for (const [key, name] of Object.entries(names)) {
      at.tap(name, metrics[key as keyof RoutingMetrics]);
    }
  };
  const at = scope.child("metrics");
  tap(at, routingMetrics(routing, mask === undefined ? {} : { mask }));
  for (const [modality, tokens] of Object.entries(modalities)) {
    tap(at.child(modality), routingMetrics(routing, { mask: tokens }));
  }
}
