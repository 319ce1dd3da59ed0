/** Routing scores of the layers over training. */

import { type Html, html } from "../../html.ts";
import type { Series } from "../../series.ts";
import { chartGrid } from "../chart-grid.ts";
import { curveFigures, drawCurves } from "../curve-figures.ts";
import type { Context } from "../section.ts";
import { routingCurves, wholeLayers } from "./routing-curves.ts";

/** Small charts with one line per layer; null if no layer was logged. */
export function drawRoutingCurves(context: Context): Html | null {
  const logged = context.series.match("train", /^experts\/.+\/[^/]+$/);
  const labels = wholeLayers(logged.map(layerOf));
  const figures = routingCurves.flatMap(({ name, title, ...options }) => {
    const found = context.series.match("train", new RegExp(`^experts/.+/${name}$`));
    const whole = new Set(wholeLayers(found.map(layerOf)));
    const layers = found.filter((entry) => whole.has(layerOf(entry)));
    // Routers that refuse no token always have success 1.
    const refused = layers.some(({ points }) => points.some(({ y }) => y < 1));
    if (name === "success_rate" && !refused) return [];
    return curveFigures(title, layers, { ...options, nameOf: layerOf, labels });
  });
  if (figures.length === 0) return null;
  return html`<h3 class="sub">Routing over training <small>one line per layer</small></h3>
${chartGrid(figures.map((figure) => drawCurves(context, figure)))}`;
}

function layerOf({ name }: Series): string {
  return name.split("/").slice(1, -1).join("/");
}
