/** Which classes, domains or attributes go to which experts. */

import * as Plot from "@observablehq/plot";
import { formatPercent } from "../format.ts";
import { type ChartOptions, draw, fitLabels, labelledIndices, themeOf } from "./chart.ts";

/**
 * A heat map of the values of a label and the experts of one layer; each row is scaled to 1.
 *
 * @param counts assignments of the tokens of each value to each expert
 */
export function labelMapChart(
  counts: readonly (readonly number[])[], // [L, E]
  valueNames: readonly string[],
  options: ChartOptions,
): SVGSVGElement {
  const theme = themeOf(options);
  const fullName = (i: number): string => valueNames[i] ?? String(i);
  const values = counts.map((_, i) => i);
  const most = Math.max(1, ...counts.map((row) => row.length));
  const { labels: names, room: marginLeft } = fitLabels(values.map(fullName), 112);
  const width = Math.min(56, (options.width - marginLeft - 4) / most);
  const height = values.length > 30 ? 12 : 24;
  const shares = counts.map((row) => {
    const total = row.reduce((sum, value) => sum + value, 0);
    return row.map((value) => (total > 0 ? value / total : 0));
  });
  const highest = Math.max(1e-9, ...shares.map((row) => Math.max(0, ...row)));
  const cells = shares.flatMap((row, index) =>
    row.map((share, expert) => ({ index, expert, share, ...theme.heat(share / highest) })),
  );
  type Cell = (typeof cells)[number];
  const experts = Array.from({ length: most }, (_, expert) => expert);
  return draw(
    { ...options, width: Math.ceil(marginLeft + width * most + 4) },
    {
      height: 42 + height * values.length + 4,
      marginLeft,
      marginRight: 4,
      marginTop: 42,
      marginBottom: 4,
      x: { type: "band", domain: experts, padding: 0 },
      y: { type: "band", domain: values, padding: 0 },
      marks: [
        Plot.axisX(labelledIndices(most, width, 20), { anchor: "top", tickSize: 0, label: null }),
        Plot.axisY(values, {
          tickSize: 0,
          label: null,
          tickFormat: (i: number) => names[i] ?? "",
        }),
        Plot.text(["expert"], { frameAnchor: "top", dy: -34, fill: theme.muted }),
        Plot.cell(cells, {
          x: "expert",
          y: "index",
          fill: "fill",
          inset: width > 12 ? 0.75 : 0.25,
          title: (d: Cell) => `${fullName(d.index)}, expert ${d.expert}: ${formatPercent(d.share)}`,
        }),
        Plot.text(width >= 24 && height >= 20 ? cells : [], {
          x: "expert",
          y: "index",
          text: (d: Cell) => (d.share * 100).toFixed(0),
          fill: "ink",
          fontSize: width < 28 ? 10 : 12,
          fontVariant: "tabular-nums",
          pointerEvents: "none",
        }),
      ],
    },
  );
}
