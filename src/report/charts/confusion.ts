/** Confusion matrix. */

import * as Plot from "@observablehq/plot";
import { formatCount, formatPercent } from "../format.ts";
import { draw, fitLabels, labelledIndices, themeOf } from "./chart.ts";
import type { ChartOptions } from "./chart-options.ts";
import { type CellOptions, followCells } from "./confusion-cells.ts";

/**
 * A confusion matrix with rows normalised to 1; each cell's title contains its count. Shades follow
 * the square root of the fraction, so that rare mistakes are visible.
 *
 * @param counts rows are true classes, columns are predicted classes
 * @param classNames in the order of the rows; missing names are shown as numbers
 */
export function confusionChart(
  counts: readonly (readonly number[])[], // [C, C]
  classNames: readonly string[],
  options: ChartOptions & CellOptions,
): SVGSVGElement {
  const theme = themeOf(options);
  const classes = counts.map((_, i) => i);
  const fullName = (i: number): string => classNames[i] ?? String(i);
  const fitted = fitLabels(classes.map(fullName), options.width < 480 ? 96 : 128);
  const { labels: names, room } = fitted;
  const marginLeft = room + 16;
  const cell = Math.min(64, (options.width - marginLeft - 4) / Math.max(1, classes.length));
  const ticks = labelledIndices(classes.length, cell, 13);
  const cells = counts.flatMap((row, actual) => {
    const total = row.reduce((sum, value) => sum + value, 0);
    return row.flatMap((value, predicted) => {
      const fraction = total > 0 ? value / total : 0;
      if (value === 0 && actual !== predicted) return [];
      return [{ actual, predicted, value, total, fraction, ...theme.heat(Math.sqrt(fraction)) }];
    });
  });
  const label = { tickSize: 0, tickFormat: (i: number) => names[i] ?? "", label: null } as const;
  const svg = draw(
    { ...options, width: Math.ceil(marginLeft + cell * classes.length + 4) },
    {
      height: Math.ceil(room + 20 + cell * classes.length + 4),
      marginLeft,
      marginRight: 4,
      marginTop: room + 20,
      marginBottom: 4,
      x: { type: "band", domain: classes, padding: 0 },
      y: { type: "band", domain: classes, padding: 0 },
      marks: [
        Plot.frame({ fill: theme.heat(0).fill, stroke: "none" }),
        Plot.axisX(ticks, { ...label, anchor: "top", tickRotate: -90, textAnchor: "start" }),
        Plot.axisY(ticks, label),
        Plot.cell(cells, {
          x: "predicted",
          y: "actual",
          fill: "fill",
          inset: cell > 12 ? 0.75 : 0,
          title: (d: (typeof cells)[number]) =>
            `true ${fullName(d.actual)}, predicted ${fullName(d.predicted)}: ` +
            `${formatCount(d.value)} of ${formatCount(d.total)} (${formatPercent(d.fraction)})`,
        }),
        Plot.text(cell >= 21 ? cells.filter((d) => d.value > 0) : [], {
          x: "predicted",
          y: "actual",
          text: (d: (typeof cells)[number]) => percentText(d.fraction),
          fill: "ink",
          fontSize: cell < 26 ? 10 : 12,
          fontVariant: "tabular-nums",
          pointerEvents: "none",
        }),
        Plot.text(["true"], {
          frameAnchor: "left",
          dx: -marginLeft + 7,
          rotate: -90,
          fill: theme.muted,
        }),
        Plot.text(["predicted"], { frameAnchor: "top", dy: -room - 12, fill: theme.muted }),
      ],
    },
  );
  const places = cells.map(({ actual, predicted }) => [actual, predicted] as const);
  followCells(svg, places, classes.length, options);
  return svg;
}

function percentText(fraction: number): string {
  const value = fraction * 100;
  return value >= 99.5 && fraction < 1 ? "99" : value < 0.5 ? "<1" : value.toFixed(0);
}
