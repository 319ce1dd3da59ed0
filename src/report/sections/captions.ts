/** Generated captions with their images and reference captions. */
import type { CaptionSample } from "../../inspect/types/image.ts";
import { type Html, html } from "../html.ts";
import { predictionFigure, type Section } from "./section.ts";

/** Maximum number of references shown per image. */
const referenceLimit = 2;

export const captionsSection: Section = {
  id: "captions",
  title: "Captions",
  draw: ({ run }) => {
    const captions = run.captions ?? [];
    if (captions.length === 0) return null;
    return html`<p class="lede">Captions of the first images of the evaluated split with greedy decoding; reference captions are below.</p>
<div class="predictions">${captions.map(drawCaption)}</div>`;
  },
};

function drawCaption({ image, caption, references }: CaptionSample): Html {
  const shown = references.slice(0, referenceLimit);
  return predictionFigure(
    image,
    references[0] ?? "image without a caption",
    html`<p class="verdict">${caption === "" ? "(empty caption)" : caption}</p>
${shown.map((reference) => html`<p class="truth">${reference}</p>`)}`,
  );
}
