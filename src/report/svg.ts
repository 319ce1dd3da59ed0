/** Serialises SVG charts for a page. */

import { type Html, html, raw } from "./html.ts";

/** Width of charts on a single-column page, pixels. */
export const narrowWidth = 340;

const geometry = / (?:d|x|y|x1|x2|y1|y2|cx|cy|width|height|transform)="[^"]*"/g;

/** Serialises a chart: coordinates rounded to a hundredth, styles provided by the page. */
export function svgText(svg: SVGSVGElement): Html {
  const text = svg.outerHTML
    .replace(/<style>.*?<\/style>/s, "")
    .replace(geometry, (attribute) =>
      attribute.replace(/\d+\.\d{3,}(?!e)/g, (value) => String(Number(Number(value).toFixed(2)))),
    );
  return raw(text);
}

/** A chart in two widths; the page shows the one that fits. */
export function responsive(drawAt: (width: number) => SVGSVGElement, wide: number): Html {
  const full = drawAt(wide);
  const small = drawAt(narrowWidth);
  if (full.getAttribute("width") === small.getAttribute("width")) return svgText(full);
  return html`<div class="wide">${svgText(full)}</div><div class="narrow">${svgText(small)}</div>`;
}
