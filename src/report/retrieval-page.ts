/** The page of a search: one HTML file with the results. */
import type { RecordedImage } from "../inspect/types/image.ts";
import { html } from "./html.ts";
import { renderPage } from "./page.ts";
import { pngDataUri } from "./png.ts";

export interface FoundPicture {
  readonly cosine: number;
  readonly picture: RecordedImage;
  /** Path or index of the image. */
  readonly name: string;
  readonly caption?: string;
}

export interface RetrievalPage {
  /** The query text, or the name of the query image. */
  readonly query: string;
  /** The query image. */
  readonly picture?: RecordedImage;
  /** The searched data set or folder. */
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

/** Maximum side of images drawn without smoothing, pixels. */
const SMALL = 64;

/** Renders the page; user text is escaped, and nothing is loaded. */
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
