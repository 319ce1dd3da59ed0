/** Decision regions of a classifier in a plane, with points over them. */

import * as Plot from "@observablehq/plot";
import type { DecisionRegions } from "../../../inspect/types/regions.ts";
import { draw, themeOf } from "../chart.ts";
import type { ChartOptions } from "../chart-options.ts";
import { regions } from "../regions.ts";

/** Colour and symbol of one class. */
export interface PointStyle {
  readonly fill: string;
  readonly symbol: PointSymbol;
}

/** Symbols of points, by class. */
export const pointSymbols = ["circle", "triangle", "square", "diamond", "star", "cross"] as const;
export type PointSymbol = (typeof pointSymbols)[number];

export interface Plane {
  /** Value of each cell; adjacent cells with equal values form an area. */
  readonly values: readonly number[]; // [size * size]
  /** Name and colour of a value. */
  readonly area: (value: number) => { readonly name: string; readonly fill: string };
  /** Colour strength of a cell, 0 to 1. Default: uniform. */
  readonly strength?: readonly number[]; // [size * size]
  readonly point: (label: number) => PointStyle;
}

/** Number of distinct shades of strength. */
const shades = 6;
const evenOpacity = 0.38;

/** Draws one map of the plane with the test points; each area shows its name once. */
export function planeChart(
  { axes, range, size, points }: DecisionRegions,
  { values, area, strength, point }: Plane,
  options: ChartOptions,
): SVGSVGElement {
  const theme = themeOf(options);
  const [low, high] = range;
  const step = (high - low) / size;
  const marginLeft = 36;
  const marginRight = 8;
  const names = largest(values, size).map(({ value, row, col }) => ({
    x: low + (col + 0.5) * step,
    y: low + (row + 0.5) * step,
    name: area(value).name,
  }));
  const inside = points.filter(({ x, y }) => x > low && x < high && y > low && y < high);
  const labels = [...new Set(inside.map(({ label }) => label))].sort((a, b) => a - b);
  return draw(options, {
    height: options.width - marginLeft - marginRight + 44,
    marginLeft,
    marginRight,
    marginTop: 8,
    marginBottom: 36,
    x: { domain: [...range], label: axes[0], labelArrow: "none", ticks: 5, tickSize: 3 },
    y: { domain: [...range], label: axes[1], labelArrow: "none", ticks: 5, tickSize: 3 },
    marks: [
      areas(
        looksOf(size, values, strength),
        (value) => area(value).fill,
        (edge) => low + edge * step,
      ),
      ...labels.map((label) =>
        Plot.dot(
          inside.filter((each) => each.label === label),
          {
            x: "x",
            y: "y",
            r: 2.4,
            symbol: point(label).symbol,
            fill: point(label).fill,
            stroke: theme.surface,
            strokeWidth: 0.6,
          },
        ),
      ),
      Plot.text(names, {
        x: "x",
        y: "y",
        text: "name",
        fill: theme.ink,
        stroke: theme.surface,
        strokeWidth: 4,
        fontWeight: 600,
        fontSize: 13,
        pointerEvents: "none",
      }),
      Plot.frame({ stroke: theme.line }),
    ],
  });
}

/** Cells of equal appearance, drawn as one path so that colours do not overlap. */
interface Look {
  readonly value: number;
  readonly opacity: number;
  /** Adjacent cells of a row, merged. */
  readonly runs: { readonly row: number; readonly start: number; readonly end: number }[];
}

/** A mark with one path per appearance. */
function areas(
  looks: readonly Look[],
  fillOf: (value: number) => string,
  placeOf: (edge: number) => number,
): Plot.Markish {
  return (_index, scales, _values, _dimensions, { document }) => {
    const x = (edge: number): number => Number(scales.x!(placeOf(edge)));
    const y = (edge: number): number => Number(scales.y!(placeOf(edge)));
    const make = (name: string) => document.createElementNS("http://www.w3.org/2000/svg", name);
    const group = make("g") as SVGGElement;
    group.setAttribute("class", "areas");
    group.setAttribute("shape-rendering", "crispEdges");
    for (const { value, opacity, runs } of looks) {
      const bars = runs.map(
        ({ row, start, end }) => `M${x(start)} ${y(row)}H${x(end)}V${y(row + 1)}H${x(start)}Z`,
      );
      const path = group.appendChild(make("path"));
      path.setAttribute("fill", fillOf(value));
      path.setAttribute("fill-opacity", String(opacity));
      path.setAttribute("d", bars.join(""));
    }
    return group;
  };
}

function looksOf(size: number, values: readonly number[], strength?: readonly number[]): Look[] {
  const opacityOf = (cell: number): number => {
    if (strength === undefined) return evenOpacity;
    const shade = Math.round(Math.min(1, Math.max(0, strength[cell]!)) * shades);
    return Number((0.1 + (0.65 * shade) / shades).toFixed(3));
  };
  const keyOf = (cell: number): string => `${values[cell]}/${opacityOf(cell)}`;
  const looks = new Map<string, Look>();
  for (let row = 0; row < size; row++) {
    let start = 0;
    for (let col = 1; col <= size; col++) {
      const first = row * size + start;
      const key = keyOf(first);
      if (col < size && keyOf(row * size + col) === key) continue;
      const look = looks.get(key) ?? { value: values[first]!, opacity: opacityOf(first), runs: [] };
      look.runs.push({ row, start, end: col });
      looks.set(key, look);
      start = col;
    }
  }
  return [...looks.values()];
}

/** Label position of each value: the centre of its largest area. */
function largest(values: readonly number[], size: number) {
  const best = new Map<number, ReturnType<typeof regions>[number]>();
  for (const region of regions(values, size, size)) {
    const known = best.get(region.expert);
    if (known === undefined || region.size > known.size) best.set(region.expert, region);
  }
  return [...best].map(([value, { row, col }]) => ({ value, row, col }));
}
