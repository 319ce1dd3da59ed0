/** A sheet of patches. */
import { themeOf } from "./chart.ts";
import type { ChartOptions } from "./chart-options.ts";
import { elementMaker, imageElement } from "./elements.ts";

export interface PatchSheetOptions extends ChartOptions {
  /** URL of a sprite with all patches, row by row. */
  readonly image: string;
  readonly rows: number;
  readonly columns: number;
}

/** A sheet of square patches with gaps; each patch has a title. */
export function patchSheetChart(
  titles: readonly string[],
  options: PatchSheetOptions,
): SVGSVGElement {
  const { rows, columns, image } = options;
  const theme = themeOf(options);
  const add = elementMaker(options.document);
  const svg = add(null, "svg", {
    class: "mosaic",
    viewBox: `0 0 ${columns} ${rows}`,
    width: options.width,
    height: Math.round((options.width * rows) / columns),
    role: "img",
    "aria-label": options.label ?? titles.join("; "),
  }) as SVGSVGElement;
  imageElement(svg, image, columns, rows, add);
  const lines = [
    ...Array.from({ length: columns - 1 }, (_, i) => `M${i + 1} 0v${rows}`),
    ...Array.from({ length: rows - 1 }, (_, i) => `M0 ${i + 1}h${columns}`),
  ];
  add(svg, "path", {
    d: lines.join(""),
    fill: "none",
    stroke: theme.surface,
    "stroke-width": 0.08,
  });
  for (const [i, title] of titles.entries()) {
    const place = { x: i % columns, y: Math.floor(i / columns), width: 1, height: 1 };
    const area = add(svg, "rect", { ...place, fill: "transparent" });
    add(area, "title", {}).textContent = title;
  }
  return svg;
}
