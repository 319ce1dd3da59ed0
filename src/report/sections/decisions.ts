/** Router decisions for single patches. */

import type { PatchDecision } from "../../inspect/types/attention.ts";
import type { Mosaic } from "../../inspect/types/mosaic.ts";
import { attentionChart, markPatch } from "../charts/attention.ts";
import { decisionChart } from "../charts/decision.ts";
import { type Html, html } from "../html.ts";
import { pngDataUri } from "../png.ts";
import { svgText } from "../svg.ts";
import { type Context, className, type Section } from "./section.ts";

/** Maximum number of patches in a report. */
const patchLimit = 12;
const chartWidth = 360;

export const decisionsSection: Section = {
  id: "decisions",
  title: "Decisions",
  draw: (context) => {
    const { run } = context;
    const patches = (run.mosaics ?? [])
      .flatMap((mosaic) => (mosaic.decisions ?? []).map((decision) => ({ mosaic, decision })))
      .filter(({ decision }) => decision.layers.length > 0)
      .slice(0, patchLimit);
    if (patches.length === 0) return null;
    const kinds = (run.routing ?? []).some(({ expertKinds }) => expertKinds !== undefined);
    return html`<p class="lede">Router decisions of all layers for two patches of each image: the patch with the highest and the patch with the lowest router confidence.
Bars are the probabilities of the experts in percent; the dashed line is the even share. Chosen experts have full colour; the others are pale.${
      kinds ? " Experts marked s are shared by all modalities; those marked m belong to one." : ""
    }</p>
<div class="grid two">${patches.map(({ mosaic, decision }) => drawPatch(context, mosaic, decision))}</div>`;
  },
};

function drawPatch({ run, document }: Context, mosaic: Mosaic, decision: PatchDecision): Html {
  const { patch, rows, cols, layers } = decision;
  const name = run.classNames.length === 0 ? "image" : className(run, mosaic.label);
  const place = `row ${Math.floor(patch / cols) + 1}, column ${(patch % cols) + 1}`;
  const picture = attentionChart(
    { rows, cols },
    { document, width: 96, image: pngDataUri(mosaic.image), label: `${name}, patch in ${place}` },
  );
  markPatch(picture, patch, cols, { document });
  const kinds = layers
    .map(({ layer }) => run.routing?.find((entry) => entry.layer === layer)?.expertKinds)
    .find((found) => found !== undefined);
  const chart = decisionChart(decision, {
    document,
    width: chartWidth,
    ...(kinds && { kinds }),
    label: `Router decisions for the patch in ${place}`,
  });
  const sure = layers.map(({ probabilities }) => Math.max(...probabilities));
  const mean = sure.reduce((sum, p) => sum + p, 0) / sure.length;
  return html`<figure class="card"><div class="patch">
<div>${svgText(picture)}<p>${name}<br>${place}</p></div>
${svgText(chart)}
</div><figcaption>Largest probability, averaged over the layers: ${mean.toFixed(2)}.</figcaption></figure>`;
}
