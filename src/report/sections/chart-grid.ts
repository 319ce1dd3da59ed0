/** A grid of charts. */

import { type Html, html, type Part } from "../html.ts";
import { responsive, svgText } from "../svg.ts";
import { figure } from "./section.ts";

/** Width of a chart in a row of three, and in a row of two, pixels. */
export const thirdWidth = 360;
export const halfWidth = 556;

/** One chart of a grid, drawn in several widths. */
export interface GridChart {
  readonly title: Part;
  readonly draw: (width: number) => SVGSVGElement;
  /** Content between the title and the chart. */
  readonly legend?: Part;
  readonly note?: Part;
}

/** Arranges two or four charts in rows of two, any other number in rows of three. */
export function chartGrid(charts: readonly GridChart[]): Html | null {
  if (charts.length === 0) return null;
  const two = charts.length === 2 || charts.length === 4;
  const figures = charts.map(({ title, draw, legend, note }) => {
    const chart = two ? responsive(draw, halfWidth) : svgText(draw(thirdWidth));
    return figure(title, html`${legend}${chart}`, note);
  });
  return html`<div class="${two ? "grid two" : "grid"}">${figures}</div>`;
}
