/** Image-text retrieval in both directions. */

import { shrinkTo } from "../../inspect/record/shrink-image.ts";
import type { RecordedImage } from "../../inspect/types/image.ts";
import type { ImagesOfText, RetrievalMatch, TextsOfImage } from "../../inspect/types/pair.ts";
import type { StoredSummary } from "../../inspect/types/run-record.ts";
import { formatCount, formatPercent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { pngDataUri } from "../png.ts";
import type { Section } from "./section.ts";

const directions = [
  { score: "text_to_image", title: "text to image" },
  { score: "image_to_text", title: "image to text" },
] as const;
const ranks = [1, 5, 10] as const;
/** Maximum side of an embedded image, and its displayed size, pixels. */
const sideLimit = 64;
const shownSide = 72;

export const retrievalSection: Section = {
  id: "retrieval",
  title: "Retrieval",
  draw: ({ run: { retrieval, summary } }) => {
    const scores = drawScores(summary, retrieval?.numImages);
    if (retrieval === undefined) return scores;
    const { split, numImages, numTexts, byText, byImage } = retrieval;
    return html`<p class="lede">The ${formatCount(numImages)} images and ${formatCount(numTexts)} texts of the ${split} split, compared by the cosine of their embeddings. Examples are spread evenly over the split; \u2713 and an outline mark matching pairs.</p>
${scores}
${byText.length === 0 ? null : html`<h3 class="sub">Nearest images of a text</h3><div class="grid">${byText.map((sample) => drawText(sample, numImages))}</div>`}
${byImage.length === 0 ? null : html`<h3 class="sub">Nearest texts of an image</h3><div class="grid">${byImage.map((sample) => drawImage(sample, numTexts))}</div>`}`;
  },
};

/** Recall in both directions, for every split with scores. */
function drawScores(summary: StoredSummary, numImages: number | undefined): Html | null {
  const rows = (["test", "validation"] as const).flatMap((split) =>
    directions.flatMap(({ score, title }) => {
      const values = ranks.map((k) => summary[split]?.[`${score}_r${k}`]);
      if (values.every((value) => value === undefined)) return [];
      return [
        html`<tr><td>${split}</td><td>${title}</td>${values.map((value) => html`<td class="number">${value === undefined ? "" : formatPercent(value)}</td>`)}</tr>`,
      ];
    }),
  );
  if (rows.length === 0) return null;
  const chance =
    numImages === undefined
      ? null
      : html`<tr><td>chance</td><td>${formatCount(numImages)} images</td>${ranks.map((k) => html`<td class="number">${formatPercent(Math.min(1, k / numImages))}</td>`)}</tr>`;
  return html`<div class="card scroll" tabindex="0" role="region" aria-label="Recall of retrieval"><table><thead><tr><th>split</th><th>direction</th>${ranks.map((k) => html`<th class="number" title="share of queries with a match among the best ${k}">R@${k}</th>`)}</tr></thead><tbody>
${rows}${chance}
</tbody></table></div>`;
}

function drawText({ text, rank, images }: ImagesOfText, numImages: number): Html {
  return html`<figure class="card"><h4>${text}</h4>
<div class="found">${images.map((match) => html`<div${ownClass(match)}>${drawPicture(match.image, match.own ? "its own image" : "another image")}<span>${verdict(match)}</span></div>`)}</div>
<figcaption>${rank === 1 ? "Its image has rank 1." : `Its image has rank ${formatCount(rank)} of ${formatCount(numImages)}.`}</figcaption></figure>`;
}

function drawImage({ image, rank, texts }: TextsOfImage, numTexts: number): Html {
  return html`<figure class="card"><div class="sought">${drawPicture(image, "query image")}
<ol>${texts.map((match) => html`<li${ownClass(match)}>${match.text} <span>${verdict(match)}</span></li>`)}</ol></div>
<figcaption>${rank === 1 ? "Its best text has rank 1." : `Its best text has rank ${formatCount(rank)} of ${formatCount(numTexts)}.`}</figcaption></figure>`;
}

function drawPicture(image: RecordedImage, alt: string): Html {
  const small = shrinkTo(image, sideLimit);
  const scale = shownSide / Math.max(image.width, image.height);
  return html`<img src="${pngDataUri(small)}" width="${Math.round(image.width * scale)}" height="${Math.round(image.height * scale)}" alt="${alt}">`;
}

function ownClass({ own }: RetrievalMatch): Html | null {
  return own ? html` class="own"` : null;
}

function verdict({ score, own }: RetrievalMatch): Html {
  return html`${own ? html`<b aria-label="own">\u2713</b> ` : null}${score.toFixed(2)}`;
}
