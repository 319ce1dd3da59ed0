/** Attention of image patches to each other and to words. */

import { attentionShares, attentionToKey } from "../../inspect/attention.ts";
import type { AttentionLayer, ImageAttention } from "../../inspect/types/attention.ts";
import type { Mosaic } from "../../inspect/types/mosaic.ts";
import { shareDigits } from "../attention-script.ts";
import { attentionChart, attentionColors, attentionLevel } from "../charts/attention.ts";
import { type Html, html, raw } from "../html.ts";
import { greyscale, pngDataUri } from "../png.ts";
import { svgText } from "../svg.ts";
import { routingControls } from "./routing/controls.ts";
import { type Context, className, type Section } from "./section.ts";

/** Maximum number of shares in a report, one character each. */
const shareLimit = 800_000;
const tileWidth = 160;

type Drawn = Mosaic & { readonly attention: ImageAttention };

export const attentionSection: Section = {
  id: "attention",
  title: "Attention",
  draw: (context) => {
    const shown = withinLimit(context.run.mosaics ?? []);
    if (shown.length === 0) return null;
    const all = shown.flatMap(({ attention }) => layersOf(attention));
    const blocks = [...new Set(all.map(({ layer }) => blockOf(layer)))];
    const heads = Math.max(...shown.flatMap((e) => e.attention.layers.map((l) => l.numHeads)));
    const words = shown.some(({ attention }) => attention.text !== undefined);
    return html`<p class="lede">How much attention each patch receives, layer by layer. With uniform attention every patch has the same share; colours show multiples of that share.
Click a patch to see its attention, or move through the original with the arrow keys; Escape returns to all patches.${
      words
        ? " Words are coloured by the attention they receive from the patches; choose a word to see the attention of each patch to it."
        : ""
    }${
      shown.some(({ attention }) => attention.classToken !== undefined)
        ? " The class token, which the classifier reads, attends to patches too."
        : ""
    }</p>
${routingControls(blocks, controls(heads))}
${scale()}
<div class="mosaics${blocks.length > 2 ? " lead" : ""}" style="--tiles:${Math.min(blocks.length + 1, 7)}">
${shown.map((mosaic, i) => drawSample(context, mosaic, i))}
</div>`;
  },
};

function controls(heads: number): Html {
  const head = html`<label>Head <input type="range" data-control="head" min="0" max="${heads}" value="0" step="1"><output>all heads</output></label>`;
  return html`${heads > 1 ? head : null}
<label>Tint <input type="range" data-control="tint" min="0" max="100" value="75"><output>75 %</output></label>`;
}

/** Legend of the colours. */
function scale(): Html {
  const steps = attentionColors().map(({ fill }) => html`<i style="background:${fill}"></i>`);
  return html`<p class="scale">at most \u00bc of the even share <span aria-hidden="true">${steps}</span> at least 4 times; the middle colour is the even share</p>`;
}

function layersOf({ layers, classToken = [], text }: ImageAttention): AttentionLayer[] {
  return [...layers, ...classToken, ...(text?.layers ?? [])];
}

/** Images with attention, starting with the first, within the size limit. */
function withinLimit(mosaics: readonly Mosaic[]): Drawn[] {
  let total = 0;
  return mosaics.filter((mosaic): mosaic is Drawn => {
    if (mosaic.attention === undefined || layersOf(mosaic.attention).length === 0) return false;
    for (const { weights } of layersOf(mosaic.attention)) total += weights.length;
    return total <= shareLimit;
  });
}

function drawSample({ run, document }: Context, mosaic: Drawn, index: number): Html {
  const { attention, image, label, caption } = mosaic;
  const { rows, cols, text, classToken = [] } = attention;
  const name = run.classNames.length === 0 ? `image ${index + 1}` : className(run, label);
  const id = `looks-${index}`;
  const options = { document, width: tileWidth };
  const original = attentionChart(
    { rows, cols },
    { ...options, image: pngDataUri(image), label: `original: ${name}` },
  );
  const grey = html`<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs><image id="${id}" href="${pngDataUri(greyscale(image))}" width="1" height="1" preserveAspectRatio="none" style="image-rendering:pixelated"/></defs></svg>`;
  const tile = (
    layer: AttentionLayer,
    ratios: readonly number[],
    kind: string,
    label: string,
    own?: AttentionLayer,
  ) => {
    const { numHeads, numKeys, weights } = layer;
    const chart = attentionChart({ rows, cols, ratios }, { ...options, image: `#${id}`, label });
    return html`<div class="tile ${kind}" data-layer="${blockOf(layer.layer)}" data-heads="${numHeads}" data-keys="${numKeys}" data-weights="${digitsOf(weights)}"${own && raw(` data-class-token="${digitsOf(own.weights)}"`)}>${svgText(chart)}<span>${layer.layer.replace(/\.fusion\.attn$/, ".fusion")}</span></div>`;
  };
  const maps = attention.layers.map((entry, i) => {
    const own = classToken[i] && rounded(classToken[i], 1, rows * cols);
    const layer = rounded(entry, rows * cols, rows * cols);
    const ratios = attentionShares(layer).map((share) => share * rows * cols);
    const heading = `${layer.layer}: attention that each patch receives`;
    return tile(layer, ratios, "of-patches", heading, own);
  });
  return html`<figure class="card sample looks" data-rows="${rows}" data-cols="${cols}">
<figcaption><strong>${name}</strong>${caption === undefined ? null : html` <span>${caption}</span>`}</figcaption>
${grey}
<div class="tiles">
<div class="tile picker">${svgText(original)}<span>original</span>${
    classToken.length > 0
      ? html`<button type="button" class="class-token" aria-pressed="false">class token</button>`
      : null
  }</div>
${maps}
</div>
<output>Attention of all patches, averaged.</output>
${text === undefined ? null : drawText(text, rows * cols, tile)}
</figure>${raw("\n")}`;
}

function drawText(
  { words, layers: entries }: NonNullable<ImageAttention["text"]>,
  numPatches: number,
  tile: (layer: AttentionLayer, ratios: readonly number[], kind: string, label: string) => Html,
): Html | null {
  const flat = words.flat();
  if (flat.length === 0 || entries.length === 0) return null;
  const layers = entries.map((entry) => rounded(entry, numPatches, flat.length));
  const first = mostUneven(layers);
  const read = flat.map(() => 0);
  for (const layer of layers) {
    for (const [i, share] of attentionShares(layer).entries()) read[i]! += share / layers.length;
  }
  const button = (word: string, i: number): Html =>
    html`<button type="button" class="word a${attentionLevel(read[i]! * flat.length)}" data-word="${i}" aria-pressed="${String(i === first)}">${word.trim() === "" ? "\u2423" : word.trim()}</button>`;
  let start = 0;
  const lines = words.map((line) => {
    const from = start;
    start += line.length;
    return html`<div>${line.map((word, i) => button(word, from + i))}</div>`;
  });
  return html`<div class="words" role="group" aria-label="Words that the patches attend to">${lines}</div>
<div class="tiles">
<div class="tile"><output>Attention of the patches to \u201c${flat[first]!.trim()}\u201d.</output></div>
${layers.map((layer) => {
  const ratios = attentionToKey(layer, first).map((share) => share * flat.length);
  return tile(
    layer,
    ratios,
    "of-words",
    `${layer.layer}: attention of the patches to ${flat[first]!}`,
  );
})}
</div>`;
}

/** The word whose attention varies most between patches. */
function mostUneven(layers: readonly AttentionLayer[]): number {
  const spreads = Array.from({ length: layers[0]!.numKeys }, (_, key) =>
    layers.reduce((sum, layer) => {
      const shares = attentionToKey(layer, key);
      const mean = shares.reduce((total, share) => total + share, 0) / shares.length;
      return sum + Math.hypot(...shares.map((share) => share - mean));
    }, 0),
  );
  return spreads.indexOf(Math.max(...spreads));
}

/** The layer quantised to 64 levels, as stored in the page, so that script and page agree. */
function rounded(layer: AttentionLayer, numQueries: number, numKeys: number): AttentionLayer {
  const { numHeads, weights } = layer;
  const needed = numHeads * numQueries * numKeys;
  if (layer.numQueries !== numQueries || layer.numKeys !== numKeys || weights.length !== needed) {
    throw new RangeError(
      `${layer.layer} needs ${numHeads} x ${numQueries} x ${numKeys} shares, got ${weights.length} for ${layer.numQueries} x ${layer.numKeys}`,
    );
  }
  return { ...layer, weights: weights.map((byte) => Math.round((byte * 63) / 255)) };
}

function digitsOf(weights: Uint8Array): string {
  return Array.from(weights, (level) => shareDigits[level]!).join("");
}

/** Block name: `blocks.0` of `blocks.0.attn` and of `blocks.0.fusion.attn`. */
function blockOf(layer: string): string {
  return layer.replace(/(\.fusion)?\.attn$/, "");
}
