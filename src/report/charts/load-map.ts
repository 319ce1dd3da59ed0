/** Expert load, layer by layer. */

import type { LayerRouting } from "../../inspect/types/routing.ts";
import { formatPercent } from "../format.ts";
import { balanceShade } from "../theme.ts";
import { themeOf } from "./chart.ts";
import type { ChartOptions } from "./chart-options.ts";
import { heatMap } from "./heat-map.ts";
import { loadStatus, statusSign } from "./load-status.ts";

export interface LoadMapOptions extends ChartOptions {
  /** `load`: shares of assignments, with extremes marked; `importance`: mean probabilities. */
  readonly of?: "load" | "importance";
}

/** A heat map of layers and experts; each cell is a share relative to the even share, 1/E. */
export function loadMapChart(
  routing: readonly Omit<LayerRouting, "scores">[],
  options: LoadMapOptions,
): SVGSVGElement {
  const theme = themeOf(options);
  const { of = "load" } = options;
  const unit = of === "load" ? "of assignments" : "of the probability";
  const cells = routing.flatMap(({ [of]: shares, numExperts, layer }, row) =>
    shares.map((share, expert) => {
      const ratio = share * numExperts;
      const status = of === "load" ? loadStatus(share, numExperts) : "even";
      const shade = balanceShade(theme, ratio);
      return { row, layer, expert, share, ratio, status, ...shade };
    }),
  );
  return heatMap(
    {
      cells,
      rowNames: routing.map(({ layer }) => layer),
      numExperts: Math.max(0, ...routing.map(({ load }) => load.length)),
      nameLimit: options.width < 480 ? 100 : 150,
      widthLimit: 120,
      heightOf: (width) => Math.max(24, Math.min(40, width)),
      title: ({ layer, expert, share, ratio, status }) =>
        `${layer}, expert ${expert}: ${formatPercent(share)} ${unit}, ` +
        `${ratio.toFixed(2)} times even${status === "even" ? "" : `, ${status}`}`,
      text({ ratio, status }, { width }) {
        const sign = statusSign[status];
        if (width >= 44) return `${sign} ${ratio.toFixed(2)}`.trim();
        return width >= 26 ? sign || ratio.toFixed(1) : sign;
      },
      fontSize: (width) => (width < 14 ? 9 : 12),
    },
    options,
  );
}
