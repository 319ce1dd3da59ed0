/** Heat map over experts, shared by several charts. */

import * as Plot from "@observablehq/plot";
import { draw, fitLabels, labelledIndices, themeOf } from "./chart.ts";
import type { ChartOptions } from "./chart-options.ts";

/** One cell: row, expert and colours. */
export interface HeatCell {
  readonly row: number;
  readonly expert: number;
  readonly fill: string;
  /** Colour of text on `fill`. */
  readonly ink: string;
}

/** Width and height of a cell, pixels. */
export interface CellSize {
  readonly width: number;
  readonly height: number;
}

export interface HeatMap<Cell extends HeatCell> {
  readonly cells: readonly Cell[];
  /** Names of the rows, from top to bottom. */
  readonly rowNames: readonly string[];
  readonly numExperts: number;
  /** Maximum width of a row name, pixels. */
  readonly nameLimit: number;
  /** Maximum width of a cell, pixels. */
  readonly widthLimit: number;
  /** Height of a cell of this width, pixels. */
  readonly heightOf: (width: number) => number;
  /** Text of the tooltip. */
  readonly title: (cell: Cell) => string;
  /** Text inside a cell of this size; may be empty. */
  readonly text: (cell: Cell, size: CellSize) => string;
  /** Font size in a cell of this width, pixels. */
  readonly fontSize: (width: number) => number;
}

const margin = 4;
/** Height of the heading and the expert numbers, pixels. */
const headRoom = 42;

/** Draws rows from top to bottom and experts from left to right. */
export function heatMap<Cell extends HeatCell>(
  { cells, rowNames, nameLimit, heightOf, title, text, fontSize, ...map }: HeatMap<Cell>,
  options: ChartOptions,
): SVGSVGElement {
  const numExperts = Math.max(1, map.numExperts);
  const { labels, room: marginLeft } = fitLabels(rowNames, nameLimit);
  const width = Math.min(map.widthLimit, (options.width - marginLeft - margin) / numExperts);
  const height = heightOf(width);
  const rows = rowNames.map((_, row) => row);
  const experts = Array.from({ length: numExperts }, (_, expert) => expert);
  const shown = labelledIndices(numExperts, width, 20);
  return draw(
    { ...options, width: Math.ceil(marginLeft + width * numExperts + margin) },
    {
      height: Math.ceil(headRoom + height * rows.length + margin),
      marginLeft,
      marginRight: margin,
      marginTop: headRoom,
      marginBottom: margin,
      x: { type: "band", domain: experts, padding: 0 },
      y: { type: "band", domain: rows, padding: 0 },
      marks: [
        Plot.axisX(shown, { anchor: "top", tickSize: 0, label: null }),
        Plot.axisY(rows, { tickSize: 0, label: null, tickFormat: (i: number) => labels[i] ?? "" }),
        Plot.text(["expert"], { frameAnchor: "top", dy: -34, fill: themeOf(options).muted }),
        Plot.cell(cells, {
          x: "expert",
          y: "row",
          fill: "fill",
          inset: width > 12 ? 0.75 : 0.25,
          title,
        }),
        Plot.text(cells, {
          x: "expert",
          y: "row",
          text: (cell: Cell) => text(cell, { width, height }),
          fill: "ink",
          fontSize: fontSize(width),
          fontVariant: "tabular-nums",
          pointerEvents: "none",
        }),
      ],
    },
  );
}
