/** Router decisions of all layers for one token. */

import * as Plot from "@observablehq/plot";
import type { PatchDecision } from "../../inspect/types/attention.ts";
import { formatPercent } from "../format.ts";
import { draw, fitLabels, labelledIndices, layerNames, themeOf } from "./chart.ts";
import type { ChartOptions } from "./chart-options.ts";

export interface DecisionOptions extends ChartOptions {
  /** Kind of each expert, such as `shared`; its first letter is shown beside the number. */
  readonly kinds?: readonly string[];
}

/** Width of the layer names, pixels. */
const labelWidth = 112;

/**
 * Probabilities of all experts as bars, one row per layer: chosen experts in full colour, others
 * pale. Numbers are percent; the dashed line is the even share.
 */
export function decisionChart(
  { layers }: Pick<PatchDecision, "layers">,
  options: DecisionOptions,
): SVGSVGElement {
  const theme = themeOf(options);
  const { kinds } = options;
  const { labels: names, room: marginLeft } = fitLabels(layerNames(layers.map(({ layer }) => layer), labelWidth), labelWidth); // biome-ignore format: one expression
  const most = Math.max(1, ...layers.map(({ probabilities }) => probabilities.length));
  const room = (options.width - marginLeft - 6) / most;
  const bars = layers.flatMap(({ probabilities, ids }, row) =>
    probabilities.map((value, expert) => {
      const p = Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0;
      const rank = ids.indexOf(expert) + 1;
      return { row, expert, p, rank, fill: theme.expert(expert) };
    }),
  );
  type Bar = (typeof bars)[number];
  const highest = Math.max(...bars.map(({ p }) => p), 1 / most);
  const evens = layers.map(({ probabilities }, row) => ({ row, even: 1 / probabilities.length }));
  const numbered = room >= 24 ? bars : bars.filter(({ rank }) => rank > 0);
  const kindOf = (expert: number): string => kinds?.[expert] ?? "";
  return draw(options, {
    height: 30 + 62 * layers.length,
    marginLeft,
    marginRight: 6,
    marginTop: 4,
    marginBottom: 26,
    x: {
      type: "band",
      domain: bars.slice(0, most).map((_, e) => e),
      padding: room > 12 ? 0.22 : 0.1,
    },
    y: { domain: [0, highest * 1.3], axis: null },
    fy: { domain: layers.map((_, row) => row), padding: 0.08, axis: null },
    marks: [
      Plot.ruleY([0], { stroke: theme.line }),
      Plot.text(layers.map((_, row) => ({ row })), {
        fy: "row",
        frameAnchor: "left",
        dx: -8,
        textAnchor: "end",
        text: (d: { row: number }) => names[d.row] ?? "",
        fill: theme.muted,
      }), // biome-ignore format: one mark
      Plot.axisX(labelledIndices(most, room, kinds === undefined ? 18 : 26), {
        fy: layers.length - 1,
        tickSize: 0,
        label: null,
        tickFormat: (e: number) => `${e}${kindOf(e).slice(0, 1)}`,
      }),
      Plot.barY(bars, {
        x: "expert",
        y: "p",
        fy: "row",
        fill: "fill",
        fillOpacity: (d: Bar) => (d.rank > 0 ? 1 : 0.35),
        stroke: theme.ink,
        strokeWidth: (d: Bar) => (d.rank > 0 && room > 8 ? 1 : 0),
        title: (d: Bar) =>
          `${layers[d.row]!.layer}, expert ${d.expert}${kindOf(d.expert) === "" ? "" : ` (${kindOf(d.expert)})`}: ` +
          `${formatPercent(d.p)}${d.rank > 0 ? `, choice ${d.rank}` : ""}`,
      }),
      Plot.ruleY(evens, {
        y: "even",
        fy: "row",
        stroke: theme.ink,
        strokeOpacity: 0.6,
        strokeDasharray: "4 4",
      }),
      ...[true, false].map((chosen) =>
        Plot.text(
          numbered.filter(({ rank }) => rank > 0 === chosen),
          {
            x: "expert",
            y: "p",
            fy: "row",
            text: (d: Bar) => (room >= 24 ? (d.p * 100).toFixed(0) : "\u2022"),
            dy: -8,
            fill: chosen ? theme.ink : theme.muted,
            fontWeight: chosen ? 700 : 400,
            fontSize: 11,
            fontVariant: "tabular-nums",
            stroke: theme.surface,
            strokeWidth: 3,
            pointerEvents: "none",
          },
        ),
      ),
    ],
  });
}
