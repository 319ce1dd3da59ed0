/** How the routing of the layers moved during training. */

import { type Html, html } from "../html.ts";
import type { Series } from "../series.ts";
import { chartGrid } from "./chart-grid.ts";
import { curveFigures, drawCurves } from "./curve-figures.ts";
import type { Context } from "./section.ts";

interface Metric {
  readonly name: string;
  readonly title: string;
  readonly unit: "number" | "percent";
  readonly explanation: string;
}

const metrics: readonly Metric[] = [
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

/** Small charts with a line for each layer; nothing where no layer was logged. */
export function drawRoutingCurves(context: Context): Html | null {
  const figures = metrics.flatMap(({ name, title, ...options }) => {
    const found = context.series.match("train", new RegExp(`^experts/.+/${name}$`));
    const whole = new Set(wholeLayers(found.map(layerOf)));
    const layers = found.filter((entry) => whole.has(layerOf(entry)));
    // A method that refuses no token always succeeds.
    const refused = layers.some(({ points }) => points.some(({ y }) => y < 1));
    if (name === "success_rate" && !refused) return [];
    return curveFigures(title, layers, { ...options, nameOf: layerOf });
  });
  if (figures.length === 0) return null;
  return html`<h3 class="sub">Routing over training <small>one line for each layer</small></h3>
${chartGrid(figures.map((figure) => drawCurves(context, figure)))}`;
}

/** Layers without the modalities of layers that are there themselves, `<layer>/<modality>`. */
export function wholeLayers(names: readonly string[]): string[] {
  const known = new Set(names);
  return [...known].filter((name) => !known.has(name.slice(0, Math.max(0, name.lastIndexOf("/")))));
}

function layerOf({ name }: Series): string {
  return name.split("/").slice(1, -1).join("/");
}
