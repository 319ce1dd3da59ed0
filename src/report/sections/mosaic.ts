/** The mosaic: expert of every patch, image by image and layer by layer. */

import { layerExperts } from "../../inspect/mosaic-layer.ts";
import type { Mosaic } from "../../inspect/types/mosaic.ts";
import { mosaicChart, originalImage } from "../charts/mosaic.ts";
import { type Html, html, raw } from "../html.ts";
import { greyscale, pngDataUri } from "../png.ts";
import { svgText } from "../svg.ts";
import { expertLegend, routingControls } from "./routing/controls.ts";
import { type Context, className, mostExperts, type Section } from "./section.ts";

/** Maximum number of images and of mosaics in a report; the inspector shows all. */
const imageLimit = 16;
const tileLimit = 96;
const tileWidth = 160;

/** Controls the strength of the tint. */
export const tintControl: Html = html`<label>Tint <input type="range" data-control="tint" min="0" max="100" value="60"><output>60 %</output></label>
<span class="hint">Click an expert to see only its patches.</span>`;

export const mosaicSection: Section = {
  id: "mosaic",
  title: "Mosaic",
  draw: (context) => {
    const mosaics = (context.run.mosaics ?? []).filter((entry) => entry.layers.length > 0);
    if (mosaics.length === 0) return null;
    const deepest = Math.max(...mosaics.map((entry) => entry.layers.length));
    const most = Math.max(2, Math.min(imageLimit, Math.floor(tileLimit / deepest)));
    const shown = mosaics.slice(0, most);
    const layers = [...new Set(shown.flatMap((entry) => entry.layers.map(({ layer }) => layer)))];
    return html`<p class="lede">Each image with one mosaic per layer, in grey under the tints:
every patch has the colour of its first-choice expert. Each connected area shows the number of its expert once; hatched patches were dropped.</p>
${routingControls(layers, tintControl)}
${expertLegend(
  mostExperts(context.run),
  shown.flatMap((mosaic) => mosaic.layers.map(({ ids }) => ids[0]!)),
  "patches",
)}
<div class="mosaics${layers.length > 2 ? " lead" : ""}" style="--tiles:${Math.min(layers.length + 1, 7)}">
${shown.map((mosaic, i) => drawMosaic(context, mosaic, i, layers))}
</div>`;
  },
};

function drawMosaic(
  { run, document }: Context,
  mosaic: Mosaic,
  index: number,
  order: readonly string[],
): Html {
  const id = `image-${index}`;
  const name = run.classNames.length === 0 ? `image ${index + 1}` : className(run, mosaic.label);
  const options = { document, width: tileWidth };
  const aspect = mosaic.image.width / mosaic.image.height;
  const under = { id, image: pngDataUri(greyscale(mosaic.image)) };
  const original = originalImage(pngDataUri(mosaic.image), under, aspect, {
    ...options,
    label: `original: ${name}`,
  });
  const layers = [...mosaic.layers].sort((a, b) => order.indexOf(a.layer) - order.indexOf(b.layer));
  return html`<figure class="card sample">
<figcaption><strong>${name}</strong>${mosaic.caption === undefined ? null : html` <span>${mosaic.caption}</span>`}</figcaption>
<div class="tiles">
<div class="tile">${svgText(original)}<span>original</span></div>
${layers.map((layer) => {
  const chart = mosaicChart(layer, {
    ...options,
    image: `#${id}`,
    numExperts: layerExperts(layer, run.routing),
  });
  return html`<div class="tile" data-layer="${layer.layer}">${svgText(chart)}<span>${layer.layer}</span></div>`;
})}
</div>
</figure>${raw("\n")}`;
}
