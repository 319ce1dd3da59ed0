/** The same scenes in every style, with their mosaics. */

import { layerExperts } from "../../inspect/mosaic-layer.ts";
import type { DomainScenes } from "../../inspect/types/domain.ts";
import type { Mosaic } from "../../inspect/types/mosaic.ts";
import { mosaicChart, originalImage } from "../charts/mosaic.ts";
import { formatPercent } from "../format.ts";
import { type Html, html, raw } from "../html.ts";
import { greyscale, pngDataUri } from "../png.ts";
import { svgText } from "../svg.ts";
import { tintControl } from "./mosaic.ts";
import { expertLegend, routingControls } from "./routing/controls.ts";
import { type Context, className, mostExperts, type Section } from "./section.ts";

const tileWidth = 150;

export const scenesSection: Section = {
  id: "scenes",
  title: "Across styles",
  draw: (context) => {
    const { domains: analysis } = context.run;
    const { scenes, domains = [], heldOut = [] } = analysis ?? {};
    if (scenes === undefined || scenes.shown.length === 0) return null;
    const maps = scenes.shown.flat().flatMap(({ layers }) => layers);
    if (maps.length === 0) return null;
    return html`<p class="lede">The same scenes drawn in each style: the content is identical, only the style differs. An expert
that follows objects keeps its patches from left to right; one that follows the style does not. Hatched patches were
dropped.</p>
${routingControls([], tintControl)}
${expertLegend(
  mostExperts(context.run),
  maps.map(({ ids }) => ids[0]!),
  "patches",
)}
<div class="mosaics" style="--tiles:${domains.length}">
${scenes.shown.map((styles, i) => drawScene(context, styles, domains, heldOut, i))}
</div>
${drawAgreement(scenes)}`;
  },
};

/** A row of images, then one row of mosaics per layer. */
function drawScene(
  { run, document }: Context,
  styles: readonly Mosaic[],
  domains: readonly string[],
  heldOut: readonly string[],
  scene: number,
): Html {
  const options = { document, width: tileWidth };
  const id = (style: number): string => `scene-${scene}-${style}`;
  const originals = styles.map(({ image }, s) => {
    const under = { id: id(s), image: pngDataUri(greyscale(image)) };
    const label = `scene ${scene + 1}, ${domains[s]}`;
    const aspect = image.width / image.height;
    const chart = originalImage(pngDataUri(image), under, aspect, { ...options, label });
    const name = heldOut.includes(domains[s]!) ? `${domains[s]}, held out` : domains[s]!;
    return html`<div class="tile">${svgText(chart)}<span>${name}</span></div>`;
  });
  const rows = styles[0]!.layers.map((_, l) =>
    styles.map(({ layers }, s) => {
      const numExperts = layerExperts(layers[l]!, run.routing);
      const chart = mosaicChart(layers[l]!, { ...options, image: `#${id(s)}`, numExperts });
      return html`<div class="tile">${svgText(chart)}<span>${layers[l]!.layer}</span></div>`;
    }),
  );
  return html`<figure class="card sample">
<figcaption><strong>${className(run, styles[0]!.label)}</strong></figcaption>
<div class="tiles">${originals}${rows}</div>
</figure>${raw("\n")}`;
}

function drawAgreement({ agreement, count: scenes }: DomainScenes): Html | null {
  const layers = [...new Set(agreement.map(({ layer }) => layer))];
  const pairs = agreement.filter(({ layer }) => layer === layers[0]).map((one) => one.domains);
  if (pairs.length === 0) return null;
  const rows = layers.map((layer) => {
    const own = agreement.filter((one) => one.layer === layer);
    const mean = (of: "firstChoice" | "kappa"): number =>
      own.reduce((sum, one) => sum + one[of], 0) / own.length;
    const cells = [formatPercent(mean("firstChoice")), mean("kappa").toFixed(2)];
    const each = own.map(({ kappa }) => kappa.toFixed(2));
    return html`<tr><td>${layer}</td>${[...cells, ...each].map((cell) => html`<td class="number">${cell}</td>`)}</tr>`;
  });
  return html`<h3 class="sub">Patches with the same expert across styles <small>over ${scenes} scenes</small></h3>
<div class="card scroll" tabindex="0" role="region" aria-label="Routing agreement between styles"><table><thead><tr><th>layer</th><th class="number" title="patches with the same first expert, mean over pairs of styles">same expert</th><th class="number" title="agreement beyond chance for the given loads: 0 is chance, 1 is identical">kappa</th>${pairs.map(
    ([a, b]) => html`<th class="number">${a}\u2013${b}</th>`,
  )}</tr></thead><tbody>
${rows}
</tbody></table></div>`;
}
