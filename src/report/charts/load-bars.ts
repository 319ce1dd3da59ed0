/** Expert load of one layer. */

import * as Plot from "@observablehq/plot";
import type { LayerRouting } from "../../inspect/types/routing.ts";
import { formatPercent } from "../format.ts";
import { draw, labelledIndices, themeOf } from "./chart.ts";
import type { ChartOptions } from "./chart-options.ts";
import { loadStatus, statusSign } from "./load-status.ts";

/** Bars of each expert's share in a layer, with the even share 1/E as a dashed line. */
export function loadBarsChart(
  routing: Omit<LayerRouting, "scores">,
  options: ChartOptions,
): SVGSVGElement {
  const theme = themeOf(options);
  const { load, numExperts, importance } = routing;
  const even = 1 / Math.max(1, numExperts);
  const bars = load.map((value, expert) => {
    const share = Number.isFinite(value) ? value : 0;
    const status = loadStatus(share, numExperts);
    return { expert, share, status, fill: theme.expert(expert) };
  });
  type Bar = (typeof bars)[number];
  const experts = bars.map((bar) => bar.expert);
  const room = (options.width - 66) / Math.max(1, experts.length);
  return draw(options, {
    height: 190,
    marginLeft: 48,
    marginRight: 18,
    marginTop: 20,
    marginBottom: 34,
    x: { type: "band", domain: experts, padding: room > 12 ? 0.22 : 0.1 },
    y: { domain: [0, Math.max(even, ...bars.map((bar) => bar.share)) * 1.08] },
    marks: [
      Plot.gridY({ ticks: 4, stroke: theme.line, strokeOpacity: 1 }),
      Plot.axisY({
        ticks: 4,
        tickFormat: (v: number) => formatPercent(v, even < 0.03 ? 1 : 0),
        tickSize: 0,
        label: null,
      }),
      Plot.axisX(labelledIndices(experts.length, room, 18), {
        tickSize: 0,
        label: "expert",
        labelArrow: "none",
      }),
      Plot.barY(bars, {
        x: "expert",
        y: "share",
        fill: "fill",
        stroke: theme.ink,
        strokeWidth: room > 8 ? 0.75 : 0,
        title: (d: Bar) =>
          `expert ${d.expert}: ${formatPercent(d.share)} of assignments` +
          `${importance[d.expert] === undefined ? "" : `, ${formatPercent(importance[d.expert]!)} of probabilities`}` +
          `${d.status === "even" ? "" : `, ${d.status}`}`,
      }),
      Plot.ruleY([even], { stroke: theme.ink, strokeDasharray: "5 4", strokeWidth: 1.25 }),
      Plot.text(
        bars.filter((bar) => bar.status !== "even"),
        {
          x: "expert",
          y: "share",
          text: (d: Bar) => statusSign[d.status],
          dy: -9,
          fill: theme.warning,
          fontWeight: 700,
        },
      ),
    ],
  });
}
