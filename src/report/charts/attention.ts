/** Attention over an image: each patch is coloured by the attention it receives. */

import { inkOn, mix } from "../color.ts";
import type { ChartOptions } from "./chart-options.ts";
import { type Add, elementMaker, gridLines, imageElement } from "./elements.ts";
import { tilePath } from "./regions.ts";

/** Number of attention levels; the middle level is the even share. */
export const attentionLevels = 17;

// Lightness increases monotonically, so the scale is readable under any colour vision.
const stops = ["#1b1145", "#7a2a7e", "#dd5e45", "#fdc765", "#fffbe3"] as const;

/** Colours of the levels, from a quarter of the even share to four times it. */
export function attentionColors(): { readonly fill: string; readonly ink: string }[] {
  return Array.from({ length: attentionLevels }, (_, level) => {
    const at = (level / (attentionLevels - 1)) * (stops.length - 1);
    const stop = Math.min(stops.length - 2, Math.floor(at));
    const fill = mix(stops[stop]!, stops[stop + 1]!, at - stop);
    return { fill, ink: inkOn(fill) };
  });
}

/** Level of a share that is `ratio` times the even share: 0 up to a quarter, 16 from four times. */
export function attentionLevel(ratio: number): number {
  if (!(ratio > 0)) return 0;
  const middle = (attentionLevels - 1) / 2;
  const level = Math.round(middle + (Math.log2(ratio) * middle) / 2);
  return Math.min(attentionLevels - 1, Math.max(0, level));
}

export interface AttentionMap {
  readonly rows: number;
  readonly cols: number;
  /**
   * Shares of the patches relative to the even share, row by row; if absent, only the image is
   * drawn.
   */
  readonly ratios?: readonly number[]; // [S]
}

/**
 * Draws an image under coloured patches. Each level is one path of class `a<level>` in a group of
 * class `heat`, whose opacity follows the CSS variable `--tint`.
 *
 * @param options `image` is an image URL, or `#id` of an image in the same document
 */
export function attentionChart(
  { rows, cols, ratios }: AttentionMap,
  options: ChartOptions & { readonly image: string },
): SVGSVGElement {
  const add = elementMaker(options.document);
  const svg = add(null, "svg", {
    class: "mosaic attention",
    viewBox: `0 0 ${cols} ${rows}`,
    width: options.width,
    height: Math.round((options.width * rows) / Math.max(1, cols)),
    role: "img",
    "aria-label": options.label ?? "attention over the image",
  }) as SVGSVGElement;
  if (options.image.startsWith("#")) {
    add(svg, "use", { href: options.image, transform: `scale(${cols} ${rows})` });
  } else {
    imageElement(svg, options.image, cols, rows, add);
  }
  if (ratios !== undefined) drawLevels(svg, rows, cols, ratios, add);
  gridLines(svg, rows, cols, add);
  return svg;
}

/** Marks one patch of a chart. */
export function markPatch(
  svg: SVGSVGElement,
  patch: number,
  cols: number,
  { document }: Pick<ChartOptions, "document">,
): void {
  const [x, y] = [patch % cols, Math.floor(patch / cols)];
  const d = `M${x}.12 ${y}.12h.76v.76h-.76z`; // inside the patch, because its edge may be the image's edge
  const add = elementMaker(document);
  for (const part of ["halo", "line"]) add(svg, "path", { d, class: `from ${part}` });
}

function drawLevels(
  svg: Element,
  rows: number,
  cols: number,
  ratios: readonly number[],
  add: Add,
): void {
  const heat = add(svg, "g", { class: "heat" });
  const levels = ratios.map(attentionLevel);
  for (let level = 0; level < attentionLevels; level++) {
    const d = tilePath(rows, cols, (patch) => levels[patch] === level);
    if (d !== "") add(heat, "path", { class: `a${level}`, d });
  }
}
