/** Captions that the model made, beside the images and what people said of them. */
import type { CaptionSample } from "../../inspect/types/image.ts";
import { type Html, html } from "../html.ts";
import { predictionFigure, type Section } from "./section.ts";

/** References of an image that are shown. */
const referenceLimit = 2;

export const captionsSection: Section = {
  id: "captions",
  title: "Captions",
  draw: ({ run }) => {
    const captions = run.captions ?? [];
    if (captions.length === 0) return null;
    return html`<p class="lede">The first images of the evaluated split and what the model says of them, always choosing the most probable token; below, what people said.</p>
<div class="predictions">${captions.map(drawCaption)}</div>`;
  },
};

function drawCaption({ image, caption, references }: CaptionSample): Html {
  const shown = references.slice(0, referenceLimit);
  return predictionFigure(
    image,
    references[0] ?? "image without a caption",
    html`<p class="verdict">${caption === "" ? "(no words)" : caption}</p>
${shown.map((reference) => html`<p class="truth">${reference}</p>`)}`,
  );
}
