/** Association of a layer's experts with each label, overall and within each domain. */

import * as Plot from "@observablehq/plot";
import type { LabelRouting } from "../../inspect/types/routing.ts";
import { draw, fitLabels, themeOf } from "./chart.ts";
import type { ChartOptions } from "./chart-options.ts";

export interface AssociationDotsOptions extends ChartOptions {
  /** Right end of the axis, to align layers. Default: fits the values. */
  readonly highest?: number;
}

/** Cramér's V of each label as a line with a dot; small rings are the values within each domain. */
export function associationDotsChart(
  labels: readonly LabelRouting[],
  options: AssociationDotsOptions,
): SVGSVGElement {
  const theme = themeOf(options);
  const names = labels.map(({ label }) => label);
  const { labels: shortened, room } = fitLabels(names, 150);
  const all = labels.map(({ label, association }) => ({ label, v: association.cramersV }));
  const within = labels.flatMap(({ label, byDomain = [] }) =>
    byDomain.map(({ domain, association }) => ({ label, domain, v: association.cramersV })),
  );
  const needed = Math.max(0.05, ...[...all, ...within].map(({ v }) => v));
  const end = Math.min(1, (options.highest ?? needed) * 1.04);
  const isStyle = (label: string): boolean => label.startsWith("domain");
  type Value = { label: string; v: number; domain?: string };
  return draw(options, {
    height: 26 * names.length + 44,
    marginLeft: room,
    marginRight: 40,
    marginTop: 6,
    marginBottom: 36,
    x: { domain: [0, end] },
    y: { type: "band", domain: names, padding: 0.3 },
    marks: [
      Plot.gridX({ ticks: 4, stroke: theme.line, strokeOpacity: 1 }),
      Plot.axisX({ ticks: 4, tickSize: 0, label: "Cramér’s V", labelAnchor: "center", labelArrow: "none" }), // biome-ignore format: one expression
      Plot.axisY({
        tickSize: 0,
        label: null,
        tickFormat: (_: string, i: number) => shortened[i]!,
      }),
      Plot.ruleY(all, {
        y: "label",
        x1: 0,
        x2: "v",
        stroke: (d: Value) => theme.series[isStyle(d.label) ? 1 : 0]!,
        strokeWidth: 3,
      }),
      Plot.dot(within, {
        x: "v",
        y: "label",
        r: 3,
        fill: theme.surface,
        stroke: theme.muted,
        title: (d: Value) => `${d.label} within ${d.domain}: ${d.v.toFixed(3)}`,
      }),
      Plot.dot(all, {
        x: "v",
        y: "label",
        r: 5,
        fill: (d: Value) => theme.series[isStyle(d.label) ? 1 : 0]!,
        title: (d: Value) => `${d.label}: ${d.v.toFixed(3)}`,
      }),
      Plot.text(all, {
        x: end,
        y: "label",
        text: (d: Value) => d.v.toFixed(2),
        textAnchor: "start",
        dx: 8,
        fill: theme.ink,
        fontVariant: "tabular-nums",
      }),
    ],
  });
}
