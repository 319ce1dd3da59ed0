/** Charts of curves with their legends, for several sections. */

import { type Curve, curveChart, curveLegend, suitsLogAxis } from "../charts/curves.ts";
import { type Html, html, type Part } from "../html.ts";
import type { Series } from "../series.ts";
import { cssTheme } from "../theme.ts";
import type { GridChart } from "./chart-grid.ts";
import type { Context } from "./section.ts";

/** Maximum number of curves per chart. */
const curveLimit = 6;

/** Curves of one chart. */
export interface CurveFigure {
  readonly title: Part;
  readonly curves: readonly Curve[];
  readonly unit: "number" | "percent";
  readonly note?: string;
  readonly label: string;
}

export interface CurveFigureOptions {
  readonly nameOf: (series: Series) => string;
  readonly unit?: "number" | "percent";
  /** Unit of the values. */
  readonly explanation?: string;
}

/** Splits series into charts of a few curves each; empty if no series has a value. */
export function curveFigures(
  title: string,
  series: readonly Series[],
  { nameOf, unit = "number", explanation = "" }: CurveFigureOptions,
): CurveFigure[] {
  const drawn = series.filter((entry) => entry.points.length > 0);
  const skipped = series.reduce((sum, entry) => sum + entry.nonFinite, 0);
  const groups = Math.ceil(drawn.length / curveLimit);
  return Array.from({ length: groups }, (_, group) => {
    const part = drawn.slice(group * curveLimit, (group + 1) * curveLimit);
    const list = part.map((entry) => ({ label: nameOf(entry), points: entry.points }));
    const log = unit === "number" && suitsLogAxis(list);
    const notes = [explanation];
    if (group === 0 && skipped > 0) {
      notes.push(
        `${skipped} ${skipped === 1 ? "value is" : "values are"} not finite and not drawn.`,
      );
    }
    const note = notes.join(" ").trim();
    const remarks = [log ? "logarithmic" : "", groups > 1 ? `${group + 1} of ${groups}` : ""];
    return {
      title: html`${title} <small>${remarks.filter(Boolean).join(", ")}</small>`,
      curves: list,
      unit,
      label: `${title} over steps: ${list.map((curve) => curve.label).join(", ")}`,
      ...(note === "" ? {} : { note }),
    };
  });
}

/** Converts a figure to a chart of a grid. */
export function drawCurves({ document }: Context, figure: CurveFigure): GridChart {
  const { unit, label } = figure;
  return {
    ...figure,
    legend: legend(figure.curves, unit),
    draw: (width) => curveChart(figure.curves, { document, width, unit, label }),
  };
}

function legend(curves: readonly Curve[], unit: "number" | "percent"): Html {
  return html`<ul class="legend">${curveLegend(curves, unit).map(
    ({ label, value, smoothed }, i) => {
      const color = cssTheme.series[i % cssTheme.series.length]!;
      return html`<li title="${smoothed ? "last running mean" : "last value"}"><span class="line" style="background:${color}"></span>${label} <b>${value}</b></li>`;
    },
  )}</ul>`;
}
