/** Charts of curves with their legends, for several sections. */

import { type Curve, curveChart, curveLegend, suitsLogAxis } from "../charts/curves.ts";
import { type Html, html, type Part } from "../html.ts";
import type { Series } from "../series.ts";
import type { GridChart } from "./chart-grid.ts";
import { chartsOf } from "./charts-of.ts";
import type { Context } from "./section.ts";

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
  /** Labels of all charts on which a label has the same colour. Default: those of `series`. */
  readonly labels?: readonly string[];
  /** Unit of the values. */
  readonly explanation?: string;
}

/** Splits series into charts of a few curves each; empty if no series has a value. */
export function curveFigures(
  title: string,
  series: readonly Series[],
  { nameOf, unit = "number", explanation = "", labels }: CurveFigureOptions,
): CurveFigure[] {
  const drawn = series.filter((entry) => entry.points.length > 0);
  const skipped = series.reduce((sum, entry) => sum + entry.nonFinite, 0);
  return chartsOf(drawn, nameOf, labels).map((part, group, { length: groups }) => {
    const list = part.map(({ item, color }) => ({
      label: nameOf(item),
      points: item.points,
      color,
    }));
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
  return html`<ul class="legend">${curveLegend(curves, unit).map(({ label, value, color }) => {
    return html`<li title="last value"><span class="line" style="background:${color}"></span>${label} <b>${value}</b></li>`;
  })}</ul>`;
}
