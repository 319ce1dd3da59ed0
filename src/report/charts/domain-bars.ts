/** Accuracies of algorithms on held-out domains. */

import * as Plot from "@observablehq/plot";
import type { DomainTable } from "../../evaluate/domains/table.ts";
import { formatPercent } from "../format.ts";
import { draw, fitLabels, themeOf } from "./chart.ts";
import type { ChartOptions } from "./chart-options.ts";

/**
 * One group of bars per held-out domain and one for the average, one bar per algorithm with its
 * standard error; dots are trials. Algorithms have the colours of curves.
 */
export function domainBarsChart(
  { domains, rows }: DomainTable,
  options: ChartOptions,
): SVGSVGElement {
  const theme = themeOf(options);
  const color = (r: number): string => theme.series[r % theme.series.length]!;
  const columns = [...domains, "Avg"];
  const numbers = rows.map((_, r) => r);
  const bars = rows.flatMap(({ algorithm, cells, average }, row) =>
    [...cells, average].flatMap((cell, c) =>
      cell === undefined
        ? []
        : [{ row, algorithm, domain: columns[c]!, ...cell, fill: color(row) }],
    ),
  );
  type Bar = Omit<(typeof bars)[number], "selected">;
  const dots = rows.flatMap(({ cells }, row) =>
    cells.flatMap((cell) =>
      (cell?.selected ?? []).map(({ test, trial }) => ({
        row,
        domain: cell!.domain,
        test,
        trial,
        label: `trial ${trial}: ${formatPercent(test)}`,
      })),
    ),
  );
  const highest = Math.max(
    0,
    ...bars.map((bar) => bar.mean + bar.standardError),
    ...dots.map((dot) => dot.test),
  );
  const room = (options.width - 56) / Math.max(1, columns.length);
  const { labels } = fitLabels(columns, room);
  const place = { fx: "domain", x: "row" } as const;
  return draw(options, {
    height: 260,
    marginLeft: 48,
    marginRight: 8,
    marginTop: 12,
    marginBottom: 34,
    fx: { domain: columns, axis: null, padding: 0.16 },
    x: { domain: numbers, axis: null, padding: 0.12 },
    y: { domain: [0, Math.min(1, highest * 1.06 || 1)] },
    marks: [
      Plot.axisY({
        ticks: 5,
        tickFormat: (v: number) => formatPercent(v, 0),
        tickSize: 0,
        label: null,
      }),
      Plot.ruleY([0], { stroke: theme.line }),
      Plot.barY(bars, {
        ...place,
        y: "mean",
        fill: "fill",
        fillOpacity: 0.85,
        title: (d: Bar) =>
          `${d.algorithm}, ${d.domain === "Avg" ? "average" : `without ${d.domain}`}: ` +
          (d.trials === 1
            ? `${formatPercent(d.mean)} (1 trial)`
            : `${formatPercent(d.mean)} ± ${formatPercent(d.standardError)} (${d.trials} trials)`),
      }),
      Plot.ruleX(
        bars.filter((bar) => bar.standardError > 0),
        {
          ...place,
          y1: (d: Bar) => d.mean - d.standardError,
          y2: (d: Bar) => d.mean + d.standardError,
          stroke: theme.ink,
          strokeWidth: 1.5,
        },
      ),
      Plot.dot(dots, {
        ...place,
        y: "test",
        r: 2.5,
        fill: theme.surface,
        stroke: theme.ink,
        title: "label",
      }),
      Plot.text(columns, {
        fx: (d: string) => d,
        text: (_: string, i: number) => labels[i]!,
        frameAnchor: "bottom",
        dy: 20,
        fill: theme.ink,
      }),
    ],
  });
}
