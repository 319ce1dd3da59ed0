/** The page of a search: one HTML file with the images that were found. */
import type { RecordedImage } from "../inspect/types/image.ts";
import { html } from "./html.ts";
import { renderPage } from "./page.ts";
import { pngDataUri } from "./png.ts";

export interface FoundPicture {
  readonly cosine: number;
  readonly picture: RecordedImage;
  /** Its path or its index. */
  readonly name: string;
  readonly caption?: string;
}

export interface RetrievalPage {
  /** The text or the name of the image to search for. */
  readonly query: string;
  /** The image to search for. */
  readonly picture?: RecordedImage;
  /** The set or folder that was searched. */
  readonly source: string;
  readonly run: string;
  readonly found: readonly FoundPicture[];
}

const pageStyle = `
.found { display: grid; gap: 16px; margin-top: 28px; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); }
.found img, .query { width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 6px; background: var(--page); }
.found img.small, .query.small { image-rendering: pixelated; }
.query { max-width: 240px; margin-top: 20px; display: block; }
.found b { font-variant-numeric: tabular-nums; }`;

/** Images up to this side are drawn without smoothing, pixels. */
const SMALL = 64;

/** The text of the page; text of users is escaped, and nothing is loaded. */
export function retrievalPage({ query, picture, source, run, found }: RetrievalPage): string {
  const draw = (image: RecordedImage, alt: string, name: string) =>
    html`<img class="${[name, Math.max(image.width, image.height) <= SMALL && "small"].filter(Boolean).join(" ")}" alt="${alt}" src="${pngDataUri(image)}">`;
  return renderPage({
    title: query,
    style: pageStyle,
    body: html`<p class="eyebrow">Nearest of <strong>${source}</strong> by cosine, model <strong>${run}</strong></p>
<h1>${query}</h1>
${picture && draw(picture, query, "query")}
<div class="found">${found.map(
      ({ cosine, picture: image, name, caption }) =>
        html`<figure class="card">${draw(image, caption ?? name, "")}
<figcaption><b>${cosine.toFixed(3)}</b> ${caption ?? ""}<br><small>${name}</small></figcaption></figure>
`,
    )}</div>`,
  });
}
