/** The report of a run: one self-contained HTML file. */

import { parseHTML } from "linkedom";
import type { RunRecord } from "../inspect/types/run-record.ts";
import { type Html, html } from "./html.ts";
import { renderPage } from "./page.ts";
import { script } from "./script.ts";
import { attentionSection } from "./sections/attention.ts";
import { attributesSection } from "./sections/attributes.ts";
import { captionsSection } from "./sections/captions.ts";
import { confusionSection, predictionsSection } from "./sections/classes.ts";
import { configurationSection } from "./sections/configuration.ts";
import { curvesSection } from "./sections/curves.ts";
import { decisionsSection } from "./sections/decisions.ts";
import { gallerySection } from "./sections/gallery.ts";
import { drawHead, resultSentence } from "./sections/head.ts";
import { mosaicSection } from "./sections/mosaic.ts";
import { regionsSection } from "./sections/regions.ts";
import { retrievalSection } from "./sections/retrieval.ts";
import { expertsSection } from "./sections/routing/experts.ts";
import { modalitiesSection } from "./sections/routing/modalities.ts";
import { samplesSection } from "./sections/samples.ts";
import { scenesSection } from "./sections/scenes.ts";
import { type Context, mostExperts, type Section } from "./sections/section.ts";
import { tokensSection } from "./sections/tokens.ts";
import { groupMetrics } from "./series.ts";
import { expertStyle } from "./style.ts";

const sections: readonly Section[] = [
  mosaicSection,
  attentionSection,
  scenesSection,
  attributesSection,
  captionsSection,
  tokensSection,
  samplesSection,
  regionsSection,
  retrievalSection,
  modalitiesSection,
  gallerySection,
  expertsSection,
  decisionsSection,
  curvesSection,
  confusionSection,
  predictionsSection,
  configurationSection,
];

/**
 * Renders `report.html`.
 *
 * The page loads nothing, runs only its own script (by hash, under a content security policy) and
 * is complete without it. Missing parts of the run are skipped; a part that cannot be drawn is
 * replaced by the reason.
 */
export function renderReport(run: RunRecord): string {
  const { document } = parseHTML("<!doctype html><html></html>");
  const context: Context = { run, series: groupMetrics(run.metrics), document };
  const drawn = sections.flatMap((section) => {
    const body = drawSafely(section, context);
    return body === null ? [] : [{ section, body }];
  });
  return renderPage({
    title: run.name,
    description: resultSentence(run),
    ...(run.tokenTraces !== undefined && { style: expertStyle(mostExperts(run)) }),
    script,
    body: html`${drawHead(context)}
<nav aria-label="Sections">${drawn.map(({ section }) => html`<a href="#${section.id}">${section.title}</a>`)}</nav>
${drawn.map(
  ({ section, body }) =>
    html`<section id="${section.id}" aria-labelledby="${section.id}-title">
<h2 id="${section.id}-title">${section.title}</h2>
${body}
</section>
`,
)}`,
  });
}

function drawSafely(section: Section, context: Context): Html | null {
  try {
    return section.draw(context);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return html`<p class="card warning">This part could not be drawn: ${reason}</p>`;
  }
}
