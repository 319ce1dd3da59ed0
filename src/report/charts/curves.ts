/** Curves over training steps. */

import * as Plot from "@observablehq/plot";
import { downsample, type Point, runningMean } from "../downsample.ts";
import { formatFigure, formatPercent } from "../format.ts";
import { type ChartTheme, cssTheme } from "../theme.ts";
import { draw, stepAxis, stepFrame, themeOf } from "./chart.ts";
import type { ChartOptions } from "./chart-options.ts";

/** One curve. */
export interface Curve {
  readonly label: string;
  /** Index of its colour in the series of the theme. Default: its place in the list. */
  readonly color?: number;
  /** Points with ascending `x`, finite. */
  readonly points: readonly Point[];
}

export interface CurveOptions extends ChartOptions {
  /** Format of the values; `percent` also fixes the axis to 0..1. */
  readonly unit?: "number" | "percent";
}

/** The colour of the curve at place `i` of a chart, in the chart and in its legend. */
export function curveColor(
  { series }: Pick<ChartTheme, "series">,
  curve: Curve,
  i: number,
): string {
  return series[(curve.color ?? i) % series.length]!;
}

/** Maximum number of points drawn per curve. */
const pointLimit = 400;
const smoothedBeyond = 80;

/** Window of the running mean over a noisy curve; 1 if the curve is not noisy. */
export function smoothingWindow(points: readonly Point[]): number {
  return points.length > smoothedBeyond ? Math.max(5, Math.round(points.length / 40)) : 1;
}

/** Whether the range of values requires a logarithmic axis. */
export function suitsLogAxis(curves: readonly Curve[]): boolean {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const { points } of curves) {
    for (const { y } of points) {
      if (y <= 0) return false;
      low = Math.min(low, y);
      high = Math.max(high, y);
    }
  }
  return high / low > 30;
}

/** A legend entry: the last value of a curve, whether it is drawn smoothed or thinned or not. */
export interface CurveLegendEntry {
  readonly label: string;
  /** Formatted value; empty if the curve has no points. */
  readonly value: string;
  /** CSS colour. */
  readonly color: string;
}

/** The legend entries of curves, in order. */
export function curveLegend(
  curves: readonly Curve[],
  unit: "number" | "percent",
): CurveLegendEntry[] {
  return curves.map((curve, i) => {
    const { label, points } = curve;
    const last = points.at(-1)?.y;
    const value =
      last === undefined ? "" : unit === "percent" ? formatPercent(last) : formatFigure(last);
    return { label, value, color: curveColor(cssTheme, curve, i) };
  });
}

/** Curves over steps; long curves as a faint trace of all values under their running mean. */
export function curveChart(curves: readonly Curve[], options: CurveOptions): SVGSVGElement {
  const theme = themeOf(options);
  const log = options.unit !== "percent" && suitsLogAxis(curves);
  const all = curves.flatMap((curve) => extremes(curve.points));
  const xs = extent(all.map((point) => point.x));
  const ys = extent(all.map((point) => point.y));
  const domain = log ? ys : options.unit === "percent" ? [0, 1] : padded(ys);
  const marks = curves.flatMap((curve, i) => curveMarks(curve, curveColor(theme, curve, i), log));
  return draw(options, {
    ...stepFrame,
    x: { type: "linear", domain: [Math.min(0, xs[0]!), Math.max(xs[1]!, 1)] },
    y: { type: log ? "log" : "linear", domain, clamp: true },
    marks: [
      stepAxis(),
      // A log axis omits some tick labels of its list unless the count is infinite.
      Plot.axisY(log ? logTicks(ys) : undefined, {
        ticks: log ? Number.POSITIVE_INFINITY : 5,
        tickFormat: options.unit === "percent" ? (v: number) => formatPercent(v, 0) : formatFigure,
        tickSize: 0,
        label: null,
      }),
      Plot.gridY(log ? logTicks(ys) : undefined, {
        ...(log ? {} : { ticks: 5 }),
        stroke: theme.line,
        strokeOpacity: 1,
      }),
      ...marks,
    ],
  });
}

function curveMarks(curve: Curve, stroke: string, log: boolean): Plot.Markish[] {
  const window = smoothingWindow(curve.points);
  const line = (points: readonly Point[], style: Plot.LineYOptions): Plot.Markish =>
    Plot.lineY(downsample(points, pointLimit) as Point[], { x: "x", y: "y", stroke, ...style });
  if (window === 1) {
    const marks = [line(curve.points, { strokeWidth: 2 })];
    if (curve.points.length <= 40) {
      marks.push(Plot.dot(curve.points as Point[], { x: "x", y: "y", r: 2.5, fill: stroke }));
    }
    return marks;
  }
  return [
    line(curve.points, { strokeWidth: 1, strokeOpacity: 0.28 }),
    line(runningMean(curve.points, window, log), { strokeWidth: 2 }),
  ];
}

/** Ticks at powers of ten, or at 1, 2 and 5 of each decade if these are too few. */
function logTicks([low, high]: readonly [number, number]): number[] {
  const ticks = (digits: readonly number[]): number[] => {
    const found: number[] = [];
    for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) {
      for (const digit of digits) found.push(Number(`${digit}e${e}`));
    }
    return found.filter((tick) => tick >= low && tick <= high);
  };
  const decades = ticks([1]);
  if (decades.length < 3) return ticks([1, 2, 5]);
  const every = Math.ceil(decades.length / 6);
  return decades.filter((_, i) => i % every === 0);
}

function extremes(points: readonly Point[]): Point[] {
  const first = points[0];
  if (first === undefined) return [];
  let low = first;
  let high = first;
  for (const point of points) {
    if (point.y < low.y) low = point;
    if (point.y > high.y) high = point;
  }
  return [first, low, high, points[points.length - 1]!];
}

function extent(values: readonly number[]): [number, number] {
  return values.length === 0 ? [0, 1] : [Math.min(...values), Math.max(...values)];
}

function padded([low, high]: readonly [number, number]): [number, number] {
  const base = low >= 0 && low < high * 0.6 ? 0 : low;
  const room = (high - base || Math.abs(high) || 1) * 0.05;
  return [base === 0 && low >= 0 ? 0 : base - room, high + room];
}
