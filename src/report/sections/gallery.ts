/** Typical patches and words of each expert. */

import type { ExpertGallery, GalleryWord, LayerGallery } from "../../inspect/types/pair.ts";
import { patchSheetChart } from "../charts/patch-sheet.ts";
import { inkOn } from "../color.ts";
import { formatCount, formatPercent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { expertColors } from "../palette.ts";
import { patchSprite } from "../patch-sprite.ts";
import { svgText } from "../svg.ts";
import { routingControls } from "./routing/controls.ts";
import type { Context, Section } from "./section.ts";

/** Maximum number of experts in a report, over all layers; the first layer is always complete. */
const expertLimit = 96;
/** Maximum bytes of all patches before compression. */
const byteLimit = 320_000;
const columns = 4;
/** Maximum side of a patch, pixels. */
const sideLimit = 16;
const sheetWidth = 176;

export const gallerySection: Section = {
  id: "gallery",
  title: "Gallery",
  draw: (context) => {
    const galleries = (context.run.galleries ?? []).filter(({ experts }) => experts.length > 0);
    if (galleries.length === 0) return null;
    const shown = spread(galleries);
    const experts = shown.flatMap((layer) => layer.experts);
    const patches = experts.flatMap((entry) => entry.patches);
    const largest = Math.max(1, ...patches.map(({ image }) => Math.max(image.width, image.height)));
    const side = Math.min(sideLimit, largest);
    const most = Math.floor(byteLimit / (experts.length * side ** 2 * 3) / columns) * columns;
    const size = { side, most: Math.max(columns, most) };
    const left = galleries.length - shown.length;
    return html`<p class="lede">For every expert: the patches with the highest router probability, from different images if possible, and the words that most often have it as their first choice, with the share of their occurrences.${
      left === 0 ? "" : ` ${shown.length} of ${galleries.length} layers are shown.`
    }</p>
${routingControls(
  shown.map(({ layer }) => layer),
  null,
)}
${shown.map((layer) => drawLayer(context, layer, size))}`;
  },
};

/** Layers that fit the limit, spread evenly from first to last. */
function spread(galleries: readonly LayerGallery[]): LayerGallery[] {
  const widest = Math.max(...galleries.map(({ experts }) => experts.length));
  const most = Math.max(1, Math.floor(expertLimit / widest));
  if (galleries.length <= most) return [...galleries];
  const last = galleries.length - 1;
  // A single layer is the last, because its experts are the most specialised.
  return Array.from(
    { length: most },
    (_, i) => galleries[most === 1 ? last : Math.round((i * last) / (most - 1))]!,
  );
}

interface SheetSize {
  readonly side: number;
  readonly most: number;
}

function drawLayer(context: Context, gallery: LayerGallery, size: SheetSize): Html {
  const { layer, experts } = gallery;
  return html`<div data-layer="${layer}"><h3 class="sub">${layer}</h3>
<div class="gallery">${experts.map((entry) => drawExpert(context, gallery, entry, size))}</div></div>`;
}

function drawExpert(
  { document }: Context,
  { layer, numPatches, numWords }: LayerGallery,
  entry: ExpertGallery,
  { side, most }: SheetSize,
): Html {
  const { expert } = entry;
  const color = expertColors(expert + 1)[expert]!;
  const patches = entry.patches.slice(0, most);
  const sprite = patchSprite(
    patches.map(({ image }) => image),
    { side, columns },
  );
  const titles = patches.map(
    ({ index, patch, probability }) =>
      `image ${index}, patch ${patch}: probability ${probability.toFixed(2)}`,
  );
  const label = `Patches that ${layer} sends to expert ${expert} with the highest probability`;
  return html`<figure class="card">
<h4><span class="swatch" style="background:${color};color:${inkOn(color)}">${expert}</span> <small>${[
    numPatches === 0 ? "" : `${shareText(entry.numPatches / numPatches)} of patches`,
    numWords === 0 ? "" : `${shareText(entry.numWords / numWords)} of words`,
  ]
    .filter((part) => part !== "")
    .join(", ")}</small></h4>
${numPatches === 0 ? null : patches.length === 0 ? html`<p class="none">No patch.</p>` : svgText(patchSheetChart(titles, { ...sprite, document, width: sheetWidth, label }))}
${numWords === 0 ? null : drawWords(entry, numWords)}
</figure>`;
}

function shareText(share: number): string {
  return share > 0 && share < 0.005 ? "<1\u202f%" : formatPercent(share, 0);
}

function drawWords({ words, numWords }: ExpertGallery, all: number): Html {
  if (words.length === 0) return html`<p class="none">No typical word.</p>`;
  const average = numWords / all;
  return html`<ul class="typical">${words.map((word) => html`<li title="${tell(word, average)}"><span>${word.text}</span> <b>${shareText(word.count / word.total)}</b></li>`)}</ul>`;
}

function tell({ text, count: own, total }: GalleryWord, average: number): string {
  const lift = own / total / average;
  return `${text}: ${formatCount(own)} of ${formatCount(total)} occurrences, ${lift.toFixed(1)} times the average share of a word`;
}
