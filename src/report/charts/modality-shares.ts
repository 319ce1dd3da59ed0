/** Modality of each expert's tokens (LIMoE's figure of specialisation, arXiv:2206.02770). */

import * as Plot from "@observablehq/plot";
import type { ModalityShares } from "../../inspect/statistics/modality-shares.ts";
import { formatCount, formatPercent } from "../format.ts";
import { draw, labelledIndices, themeOf } from "./chart.ts";
import type { ChartOptions } from "./chart-options.ts";

/** Height of the load rows below the bars, relative to the bars. */
const gap = 0.08;
const loadHeight = 0.28;

/**
 * One bar per expert, split by modality; below it, the expert's share of all assignments. A dashed
 * line marks the split without any preference.
 *
 * Modalities have the colours of curves, from bottom to top.
 */
export function modalitySharesChart(
  { modalities, overall, experts }: ModalityShares,
  options: ChartOptions,
): SVGSVGElement {
  const theme = themeOf(options);
  const marginLeft = 52;
  const room = (options.width - marginLeft - 10) / Math.max(1, experts.length);
  const color = (m: number): string => theme.series[m % theme.series.length]!;
  const parts = experts.flatMap(({ expert, shares, counts }) =>
    shares.map((share, m) => {
      const low = shares.slice(0, m).reduce((sum, value) => sum + value, 0);
      return {
        expert,
        share,
        low,
        high: low + share,
        count: counts[m]!,
        modality: modalities[m]!,
        fill: color(m),
      };
    }),
  );
  type Share = (typeof parts)[number];
  const highest = Math.max(1e-9, ...experts.map(({ load }) => load));
  const loads = experts.map(({ expert, load, counts }) => ({
    expert,
    load,
    total: counts.reduce((sum, value) => sum + value, 0),
    low: -gap - loadHeight,
    high: -gap - loadHeight + (load / highest) * loadHeight * 0.62,
  }));
  type Load = (typeof loads)[number];
  const ticks = [0, 0.25, 0.5, 0.75, 1];
  const numbered = room >= 26;
  const borders = overall
    .slice(0, -1)
    .map((_, m) => overall.slice(0, m + 1).reduce((a, b) => a + b, 0));
  return draw(options, {
    height: 276,
    marginLeft,
    marginRight: 10,
    marginTop: 10,
    marginBottom: 34,
    x: {
      type: "band",
      domain: experts.map(({ expert }) => expert),
      padding: room > 12 ? 0.16 : 0.08,
    },
    y: { domain: [-gap - loadHeight, 1] },
    marks: [
      Plot.ruleY(ticks, { stroke: theme.line }),
      Plot.axisY(ticks, {
        tickFormat: (v: number) => formatPercent(v, 0),
        tickSize: 0,
        label: null,
      }),
      Plot.axisX(labelledIndices(experts.length, room, 18), {
        tickSize: 0,
        label: "expert",
        labelArrow: "none",
      }),
      Plot.barY(
        parts.filter(({ share }) => share > 0),
        {
          x: "expert",
          y1: "low",
          y2: "high",
          fill: "fill",
          stroke: theme.surface,
          strokeWidth: 1,
          title: (d: Share) =>
            `expert ${d.expert}: ${formatPercent(d.share)} of its tokens are ${d.modality} (${formatCount(d.count)})`,
        },
      ),
      Plot.ruleY(borders, { stroke: theme.ink, strokeDasharray: "5 4", strokeWidth: 1.25 }),
      Plot.text(
        parts.filter(({ share }) => numbered && share >= 0.08),
        {
          x: "expert",
          y: (d: Share) => (d.low + d.high) / 2,
          text: (d: Share) => percentText(d.share),
          fill: theme.surface,
          stroke: "fill",
          strokeWidth: 4,
          fontWeight: 600,
          fontVariant: "tabular-nums",
          pointerEvents: "none",
        },
      ),
      Plot.barY(loads, {
        x: "expert",
        y1: "low",
        y2: "high",
        fill: theme.muted,
        title: (d: Load) =>
          `expert ${d.expert}: ${formatPercent(d.load)} of all assignments (${formatCount(d.total)})`,
      }),
      Plot.text(numbered ? loads : [], {
        x: "expert",
        y: "high",
        text: (d: Load) => percentText(d.load),
        dy: -7,
        fontSize: 11,
        fill: theme.muted,
        fontVariant: "tabular-nums",
        pointerEvents: "none",
      }),
      Plot.text(["load"], {
        frameAnchor: "bottom-left",
        dx: -marginLeft + 14,
        dy: -4,
        fill: theme.muted,
      }),
    ],
  });
}

/** Whole percent; never rounds to 0 or 100 unless exact (`<1`, `>99`). */
function percentText(share: number): string {
  if (share > 0 && share < 0.005) return "<1";
  return share < 1 && share >= 0.995 ? ">99" : (share * 100).toFixed(0);
}
