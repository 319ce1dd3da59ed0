/** Expert shares of a layer over training. */

import * as Plot from "@observablehq/plot";
import { type Point, runningMean, thin } from "../downsample.ts";
import { formatPercent } from "../format.ts";
import { draw, stepAxis, stepFrame, themeOf } from "./chart.ts";
import type { ChartOptions } from "./chart-options.ts";
import { smoothingWindow } from "./curves.ts";

/** Maximum number of points of all bands together: bands are read as areas, not point by point. */
const pointLimit = 900;

/**
 * Stacked shares of the experts of one layer; equal bands mean balanced load.
 *
 * @param loads one curve per expert: its share of all assignments, 0 to 1
 */
export function loadOverTimeChart(
  loads: readonly (readonly Point[])[], // [E]
  options: ChartOptions,
): SVGSVGElement {
  const theme = themeOf(options);
  const stepLimit = Math.max(20, Math.min(90, Math.round(pointLimit / Math.max(1, loads.length))));
  const rows = loads.flatMap((points, expert) => {
    const band = thin(runningMean(points, smoothingWindow(points)), stepLimit);
    // An area needs two points: a single value fills the step before it.
    const ends = band.length === 1 ? [{ ...band[0]!, x: band[0]!.x - 1 }, band[0]!] : band;
    return ends.map(({ x, y }) => ({ x, y, expert, fill: theme.expert(expert) }));
  });
  const steps = rows.map((row) => row.x);
  return draw(options, {
    ...stepFrame,
    x: { type: "linear", domain: [Math.min(...steps), Math.max(...steps)] },
    y: { domain: [0, 1] },
    marks: [
      Plot.areaY(rows, {
        x: "x",
        y: "y",
        z: "expert",
        fill: "fill",
        order: "expert",
        offset: "normalize",
        stroke: theme.surface,
        strokeWidth: 1,
      }),
      stepAxis(),
      Plot.axisY({
        ticks: 4,
        tickFormat: (v: number) => formatPercent(v, 0),
        tickSize: 0,
        label: null,
      }),
    ],
  });
}
