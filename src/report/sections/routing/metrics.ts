/** What is logged of the routing of each layer, as reports and the inspector show it. */

/** A metric of a layer, `experts/<layer>/<name>`, and how to read it. */
export interface RoutingMetric {
  readonly name: string;
  readonly title: string;
  readonly unit: "number" | "percent";
  readonly explanation: string;
}

/** Those that tell how routing moved, the most telling first. */
export const routingMetrics: readonly RoutingMetric[] = [
  {
    name: "max_violation",
    title: "Expert imbalance",
    unit: "number",
    explanation: "Load of the busiest expert above the even share, as a multiple of it.",
  },
  {
    name: "success_rate",
    title: "Success rate",
    unit: "percent",
    explanation: "Share of the attempted assignments that an expert accepted.",
  },
  {
    name: "gate_confidence",
    title: "Gate confidence",
    unit: "percent",
    explanation: "Largest probability of a token, on average.",
  },
  {
    name: "mutual_information",
    title: "Information",
    unit: "number",
    explanation: "Mutual information of tokens and experts, nats.",
  },
];

/** Layers without the modalities of layers that are there themselves, `<layer>/<modality>`. */
export function wholeLayers(names: readonly string[]): string[] {
  const known = new Set(names);
  return [...known].filter((name) => !known.has(name.slice(0, Math.max(0, name.lastIndexOf("/")))));
}
