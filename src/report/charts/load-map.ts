/** Expert load, layer by layer. */

import * as Plot from "@observablehq/plot";
import type { LayerRouting } from "../../inspect/types/routing.ts";
import { formatPercent } from "../format.ts";
import { type ChartOptions, draw, fitLabels, labelledIndices, themeOf } from "./chart.ts";
import { loadStatus, statusSign } from "./load-status.ts";

export interface LoadMapOptions extends ChartOptions {
  /** `load` are assignments, whose extremes are marked; `importance` are mean probabilities. */
  readonly of?: "load" | "importance";
}

/** A heat map of layers and experts; a cell tells a share as a multiple of the even one, 1/E. */
export function loadMapChart(
  routing: readonly Omit<LayerRouting, "scores">[],
  options: LoadMapOptions,
): SVGSVGElement {
  const theme = themeOf(options);
  const { of = "load" } = options;
  const unit = of === "load" ? "of assignments" : "of the probability";
  const layers = routing.map((_, i) => i);
  const { labels: names, room: marginLeft } = fitLabels(
    routing.map((entry) => entry.layer),
    options.width < 480 ? 100 : 150,
  );
  const most = Math.max(1, ...routing.map((entry) => entry.load.length));
  const room = (options.width - marginLeft - 4) / most;
  const width = Math.min(120, room);
  const height = Math.max(24, Math.min(40, width));
  const cells = routing.flatMap(({ [of]: shares, numExperts, layer }, row) =>
    shares.map((share, expert) => {
      const ratio = share * numExperts;
      const status = of === "load" ? loadStatus(share, numExperts) : "even";
      const shade = theme.balance(ratio > 0 ? 0.5 + Math.log2(ratio) / 4 : 0);
      return { row, layer, expert, share, ratio, status, ...shade };
    }),
  );
  const experts = Array.from({ length: most }, (_, expert) => expert);
  type Cell = (typeof cells)[number];
  const sign = (d: Cell): string => statusSign[d.status];
  return draw(
    { ...options, width: Math.ceil(marginLeft + width * most + 4) },
    {
      height: Math.ceil(42 + height * layers.length + 4),
      marginLeft,
      marginRight: 4,
      marginTop: 42,
      marginBottom: 4,
      x: { type: "band", domain: experts, padding: 0 },
      y: { type: "band", domain: layers, padding: 0 },
      marks: [
        Plot.axisX(labelledIndices(most, width, 20), { anchor: "top", tickSize: 0, label: null }),
        Plot.axisY(layers, { tickSize: 0, label: null, tickFormat: (i: number) => names[i] ?? "" }),
        Plot.text(["expert"], { frameAnchor: "top", dy: -34, fill: theme.muted }),
        Plot.cell(cells, {
          x: "expert",
          y: "row",
          fill: "fill",
          inset: width > 12 ? 0.75 : 0.25,
          title: (d: Cell) =>
            `${d.layer}, expert ${d.expert}: ${formatPercent(d.share)} ${unit}, ` +
            `${d.ratio.toFixed(2)} times even${d.status === "even" ? "" : `, ${d.status}`}`,
        }),
        Plot.text(cells, {
          x: "expert",
          y: "row",
          text: (d: Cell) =>
            width >= 44
              ? `${sign(d)} ${d.ratio.toFixed(2)}`.trim()
              : width >= 26
                ? sign(d) || d.ratio.toFixed(1)
                : sign(d),
          fill: "ink",
          fontSize: width < 14 ? 9 : 12,
          fontVariant: "tabular-nums",
          pointerEvents: "none",
        }),
      ],
    },
  );
}
