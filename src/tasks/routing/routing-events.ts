/** Routing statistics as named metrics for the log. */
import { toSnakeCase } from "../../config/case.ts";
import type { LayerRouting, RoutingSpread } from "../../inspect/types/routing.ts";

/** Name and value of a metric. */
export type RoutingEvent = readonly [name: string, value: number];

/**
 * `experts/<layer>/<metric>` and `experts/<layer>/<modality>/<metric>`, with the metrics
 * `max_violation`, `dead_experts`, `local_entropy`, `global_entropy`, `mutual_information`,
 * `gate_confidence`, `success_rate`, `dropped_fraction`, `load_<expert>` and `importance_<expert>`;
 * for each layer also `nmi_<label>`, the normalised mutual information of its experts with `class`,
 * `domain`, `modality` or an attribute.
 */
export function routingEvents(layers: readonly LayerRouting[]): RoutingEvent[] {
  return layers.flatMap(({ layer, labels = [], modalities = [], ...whole }) => [
    ...spreadEvents(`experts/${layer}`, whole),
    ...labels.map(({ label, association }): RoutingEvent => {
      return [`experts/${layer}/nmi_${label}`, association.normalizedMutualInformation];
    }),
    ...modalities.flatMap(({ modality, ...spread }) =>
      spreadEvents(`experts/${layer}/${modality}`, spread),
    ),
  ]);
}

/**
 * Further measures of the association of experts with labels: `experts/<layer>/<measure>_<label>` with
 * the measures `mutual_information`, `chi_square` and `cramers_v`.
 */
export function associationEvents(layers: readonly LayerRouting[]): RoutingEvent[] {
  return layers.flatMap(({ layer, labels = [] }) =>
    labels.flatMap(({ label, association }): RoutingEvent[] => [
      [`experts/${layer}/mutual_information_${label}`, association.mutualInformation],
      [`experts/${layer}/chi_square_${label}`, association.chiSquare],
      [`experts/${layer}/cramers_v_${label}`, association.cramersV],
    ]),
  );
}

function spreadEvents(at: string, { scores, load, importance }: RoutingSpread): RoutingEvent[] {
  const scalars = toSnakeCase(scores) as Record<string, number>;
  return [
    ...Object.entries(scalars).map(([name, value]): RoutingEvent => [`${at}/${name}`, value]),
    ...load.map((share, e): RoutingEvent => [`${at}/load_${e}`, share]),
    ...importance.map((share, e): RoutingEvent => [`${at}/importance_${e}`, share]),
  ];
}
