/** Shared parts of all charts. A chart takes data and options and returns an SVG element. */

import * as Plot from "@observablehq/plot";
import { formatCompact } from "../format.ts";
import { type ChartTheme, cssTheme } from "../theme.ts";
import type { ChartOptions } from "./chart-options.ts";

/** The theme of the options. Default: CSS variables. */
export function themeOf(options: ChartOptions): ChartTheme {
  return options.theme ?? cssTheme;
}

/** Draws Plot marks in the common font and size. */
export function draw(options: ChartOptions, plot: Plot.PlotOptions): SVGSVGElement {
  const svg = Plot.plot({
    color: { type: "identity" },
    ...plot,
    document: options.document,
    width: options.width,
    className: "chart",
    style: { fontSize: "12px", fontFamily: "inherit", background: "none", overflow: "visible" },
  }) as unknown as SVGSVGElement;
  svg.setAttribute("role", "img");
  if (options.label !== undefined) svg.setAttribute("aria-label", options.label);
  return svg;
}

/** Height and margins of charts over training steps, pixels. */
export const stepFrame = {
  height: 220,
  marginLeft: 52,
  marginRight: 14,
  marginTop: 12,
  marginBottom: 34,
} as const;

/** The axis of training steps below a chart. */
export function stepAxis(): Plot.Markish {
  const format = {
    tickFormat: formatCompact,
    tickSize: 0,
    label: "step",
    labelArrow: "none",
  } as const;
  return Plot.axisX({ ticks: 5, ...format });
}

/** Truncates a label to a length, with an ellipsis. */
function shorten(label: string, length: number): string {
  const characters = [...label];
  return characters.length <= length ? label : `${characters.slice(0, length - 1).join("")}…`;
}

/** Truncates labels in 12 px type to `most` pixels, and measures them. */
export function fitLabels(
  labels: readonly string[],
  most: number,
): { readonly labels: readonly string[]; readonly room: number } {
  const advance = 7.2;
  const cut = labels.map((label) => shorten(label, Math.floor((most - 12) / advance)));
  const longest = Math.max(1, ...cut.map((label) => [...label].length));
  return { labels: cut, room: Math.ceil(longest * advance) + 12 };
}

/**
 * Shortens layer names wider than `most` pixels by removing their common parts.
 *
 * @example
 * layerNames(["decoder.blocks.0.moe", "decoder.blocks.1.moe"], 112) // ["blocks.0", "blocks.1"]
 */
export function layerNames(layers: readonly string[], most: number): readonly string[] {
  if (layers.length < 2 || fitLabels(layers, most).labels.every((name, i) => name === layers[i])) {
    return layers;
  }
  let parts = layers.map((layer) => layer.split("."));
  const shared = (at: number): boolean => parts.every((part) => part.at(at) === parts[0]!.at(at));
  const shortest = (): number => Math.min(...parts.map(({ length }) => length));
  while (shortest() > 1 && shared(-1)) parts = parts.map((part) => part.slice(0, -1));
  while (shortest() > 2 && shared(0)) parts = parts.map((part) => part.slice(1));
  return parts.map((part) => part.join("."));
}

/** The indices below `length` to label if each label needs `room` pixels. */
export function labelledIndices(length: number, room: number, needed: number): number[] {
  const every = Math.max(1, Math.ceil(needed / room));
  return Array.from({ length: Math.ceil(length / every) }, (_, i) => i * every);
}
