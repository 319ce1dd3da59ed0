/** The mosaic: an image whose patches are tinted by their expert. */

import type { MosaicLayer } from "../../inspect/types/mosaic.ts";
import { expertCounts } from "../expert-counts.ts";
import { themeOf } from "./chart.ts";
import type { ChartOptions } from "./chart-options.ts";
import { type Add, elementMaker, gridLines, imageElement } from "./elements.ts";
import { borderPath, regions, tilePath } from "./regions.ts";

export interface MosaicOptions extends ChartOptions {
  /** URL of the image: a data URI, or `#id` of an SVG image in the same document. */
  readonly image: string;
  /** Number of experts; ids outside 0 to E-1 are dropped patches. */
  readonly numExperts: number;
  /** Index of the choice to draw, from 0. Default 0. */
  readonly choice?: number;
  /**
   * Display of combine weights: small weights in two fainter levels (default), a continuous scale
   * up to the layer's maximum, or none.
   */
  readonly strength?: "levels" | "graded" | "even";
  /** Font size of the numbers in patches. Default: fits an image of about 160 pixels. */
  readonly numberSize?: number;
}

/** Patches with a combine weight below these are tinted fainter. */
const weightLevels = [0.25, 0.5] as const;
const levelOpacity = [0.5, 0.78, 1] as const;
/** Number of graded tints; the faintest is still visible. */
const grades = 10;
const faintest = 0.16;

/**
 * Draws one image under the tints of one layer. A grey image keeps the tints undistorted.
 *
 * Tints are in a group of class `tint` with one path per expert, marked `data-expert`; each
 * connected area shows its expert's number once. The opacity of the group follows the CSS variable
 * `--tint`.
 */
export function mosaicChart(layer: MosaicLayer, options: MosaicOptions): SVGSVGElement {
  const theme = themeOf(options);
  const tiles = tilesOf(layer, options.choice ?? 0);
  const { rows, cols, experts, weights } = tiles;
  const add = elementMaker(options.document);
  const svg = add(null, "svg", {
    class: "mosaic",
    viewBox: `0 0 ${cols} ${rows}`,
    width: options.width,
    height: Math.round((options.width * rows) / Math.max(1, cols)),
    role: "img",
    "aria-label":
      options.label ??
      expertCounts("patches", { layer: layer.layer, numExperts: options.numExperts }, experts),
  }) as SVGSVGElement;
  if (options.image.startsWith("#")) {
    // The image keeps its coordinates of 0..1, stretched over the grid.
    add(svg, "use", { href: options.image, transform: `scale(${cols} ${rows})` });
  } else {
    imageElement(svg, options.image, cols, rows, add);
  }
  const tint = add(svg, "g", { class: "tint", style: "opacity:var(--tint,.6)" });
  const opacity = Array.from(experts, opacities(weights, options.strength ?? "levels"));
  const levels = [...new Set(opacity)].sort((a, b) => a - b);
  const used = [...new Set(Array.from(experts))].sort((a, b) => a - b);
  for (const expert of used) {
    if (!(expert >= 0 && expert < options.numExperts)) continue;
    for (const level of levels) {
      const path = tilePath(rows, cols, (t) => experts[t] === expert && opacity[t] === level);
      if (path === "") continue;
      add(tint, "path", {
        d: path,
        fill: theme.expert(expert),
        "data-expert": expert,
        ...(level === 1 ? {} : { "fill-opacity": level }),
      });
    }
  }
  drawLines(svg, tiles, options, add);
  drawNumbers(svg, tiles, options, add);
  return svg;
}

/** One choice of every patch, row by row. */
interface Tiles {
  readonly rows: number;
  readonly cols: number;
  /** Expert ids; a value outside 0 to E-1 means no expert. */
  readonly experts: readonly number[];
  readonly weights: readonly number[] | undefined;
}

function tilesOf({ rows, cols, ids, combineWeights }: MosaicLayer, choice: number): Tiles {
  const experts = ids[choice] ?? Array<number>(rows * cols).fill(-1);
  return { rows, cols, experts, weights: combineWeights?.[choice] };
}

/** Opacity of the tint of a tile, by its combine weight. */
function opacities(
  weights: readonly number[] | undefined,
  strength: NonNullable<MosaicOptions["strength"]>,
): (expert: number, tile: number) => number {
  if (weights === undefined || strength === "even") return () => 1;
  if (strength === "levels") {
    return (_, tile) =>
      levelOpacity[weightLevels.filter((least) => (weights[tile] ?? 1) >= least).length]!;
  }
  const highest = weights.reduce((most, weight) => Math.max(most, weight), 1e-9);
  return (_, tile) => {
    const grade = Math.round((Math.max(0, weights[tile] ?? highest) / highest) * grades) / grades;
    return Number((faintest + (1 - faintest) * grade).toFixed(3));
  };
}

/** The untinted image; a second copy with the id `id` is reused by mosaics of the same document. */
export function originalImage(
  image: string,
  under: { readonly id: string; readonly image: string },
  aspect: number,
  options: ChartOptions,
): SVGSVGElement {
  const add = elementMaker(options.document);
  const svg = add(null, "svg", {
    class: "mosaic",
    viewBox: "0 0 1 1",
    preserveAspectRatio: "none",
    width: options.width,
    height: Math.round(options.width / aspect),
    role: "img",
    "aria-label": options.label ?? "original image",
  }) as SVGSVGElement;
  imageElement(svg, image, 1, 1, add);
  imageElement(add(svg, "defs", {}), under.image, 1, 1, add).setAttribute("id", under.id);
  return svg;
}

function drawLines(svg: Element, tiles: Tiles, options: MosaicOptions, add: Add): void {
  const { rows, cols, experts } = tiles;
  const line = { fill: "none", "vector-effect": "non-scaling-stroke" };
  gridLines(svg, rows, cols, add);
  add(svg, "path", {
    ...line,
    d: borderPath(experts, rows, cols),
    stroke: "#fff",
    "stroke-opacity": 0.9,
    "stroke-width": 1.25,
  });
  const dropped = tilePath(
    rows,
    cols,
    (t) => !(experts[t]! >= 0 && experts[t]! < options.numExperts),
  );
  if (dropped === "") return;
  let hatch = "";
  for (let t = 0; t < rows * cols; t++) {
    if (experts[t]! >= 0 && experts[t]! < options.numExperts) continue;
    hatch += `M${t % cols} ${Math.floor(t / cols) + 1}l1 -1`;
  }
  add(svg, "path", { d: dropped, fill: "#000", "fill-opacity": 0.45, class: "dropped" });
  add(svg, "path", { ...line, d: hatch, stroke: "#fff", "stroke-width": 1 });
}

function drawNumbers(svg: Element, tiles: Tiles, options: MosaicOptions, add: Add): void {
  const { rows, cols, experts } = tiles;
  // A single tile of a fine grid is too small for a number; a larger area is not.
  const size = options.numberSize ?? Math.min(1.6, Math.max(0.68, cols / 13));
  const needed = size <= 0.8 ? 1 : size <= 1 ? 3 : 6;
  const group = add(svg, "g", {
    class: "numbers",
    "font-size": size.toFixed(2),
    "font-weight": 700,
    "text-anchor": "middle",
    fill: "#fff",
    stroke: "#000",
    "stroke-opacity": 0.75,
    "stroke-width": (size * 0.24).toFixed(2),
    "stroke-linejoin": "round",
    "paint-order": "stroke",
  });
  for (const region of regions(experts, rows, cols)) {
    if (region.size < needed || !(region.expert >= 0 && region.expert < options.numExperts))
      continue;
    const x = Math.min(cols - size * 0.5, Math.max(size * 0.5, region.col + 0.5));
    const y = Math.min(rows - size * 0.12, Math.max(size * 0.8, region.row + 0.5 + size * 0.35));
    const narrow = region.expert >= 10 ? { "font-size": (size * 0.8).toFixed(2) } : {};
    add(group, "text", {
      ...narrow,
      x: Number(x.toFixed(2)),
      y: Number(y.toFixed(2)),
      "data-expert": region.expert,
    }).textContent = String(region.expert);
  }
}
