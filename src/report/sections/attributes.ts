/** Association of experts with object attributes and with style. */

import type { DomainAnalysis } from "../../inspect/types/domain.ts";
import type { LabelRouting, LayerRouting } from "../../inspect/types/routing.ts";
import { associationDotsChart } from "../charts/association-dots.ts";
import { formatCount } from "../format.ts";
import { type Html, html, type Part } from "../html.ts";
import { chartGrid } from "./chart-grid.ts";
import type { Section } from "./section.ts";

/** Labels of image content; the class is used if no objects are known. */
const contents = ["shape", "color", "texture"];
/** Two values of V with a ratio below this are considered equal. */
const alike = 1.25;

export const attributesSection: Section = {
  id: "attributes",
  title: "Object or style",
  draw: ({ run, document }) => {
    const { domains: analysis } = run;
    const layers = (analysis?.routing ?? []).filter(({ labels = [] }) => labels.length > 0);
    if (analysis === undefined || layers.length === 0) return null;
    const values = layers.flatMap(({ labels = [] }) =>
      labels.flatMap(({ association, byDomain = [] }) =>
        [association, ...byDomain.map((one) => one.association)].map(({ cramersV }) => cramersV),
      ),
    );
    const highest = Math.max(0.05, ...values);
    const charts = layers.map(({ layer, labels = [] }) => ({
      title: layer,
      draw: (width: number) => {
        const label = `Cramér's V of experts and labels in ${layer}`;
        return associationDotsChart(labels, { document, width, highest, label });
      },
      note: verdict(labels),
    }));
    return html`<p class="lede">Do experts follow the content of an image or its style? Cram\u00e9r\u2019s V of the
experts and each label over held-out images of all domains: 0 is unrelated, 1 is a one-to-one relation.
Rings are the values within one domain. ${described(layers)} ${seen(analysis)}</p>
${chartGrid(charts)}
${drawTable(layers, analysis.domains)}`;
  },
};

function described(layers: readonly LayerRouting[]): string {
  const known = layers.some(({ labels = [] }) => labels.some(({ label }) => label === "object"));
  return known
    ? "Shape, colour, texture and \u201cdomain of objects\u201d count the patches that show an object; \u201cobject\u201d separates them from the background; class and domain count all tokens."
    : "All tokens of an image count for its class and its domain.";
}

function seen({ heldOut }: DomainAnalysis): string {
  if (heldOut.length === 0) return "Training used all domains.";
  return `Held out from training: ${heldOut.join(" and ")}.`;
}

/** A one-sentence summary of a layer. */
function verdict(labels: readonly LabelRouting[]): string {
  const of = (name: string): number | undefined =>
    labels.find(({ label }) => label === name)?.association.cramersV;
  const known = contents.filter((name) => of(name) !== undefined);
  const shown = known.length > 0 ? known : ["class"];
  const [content] = shown.toSorted((a, b) => (of(b) ?? 0) - (of(a) ?? 0)) as [string];
  const [found, style] = [of(content), of("domain of objects") ?? of("domain")];
  if (style === undefined || found === undefined) return "";
  const [a, b] = [`${content} (${found.toFixed(2)})`, `style (${style.toFixed(2)})`];
  if (found >= style * alike) return `Experts are more associated with ${a} than with ${b}.`;
  if (style >= found * alike) return `Experts are more associated with ${b} than with ${a}.`;
  return `Experts are equally associated with ${a} and ${b}.`;
}

function drawTable(layers: readonly LayerRouting[], domains: readonly string[]): Html {
  const several = layers.some(({ labels = [] }) => labels.some(({ byDomain }) => byDomain));
  const columns = several ? domains : [];
  const rows = layers.flatMap(({ layer, labels = [] }) =>
    labels.map(({ label, association, byDomain = [] }, i) => {
      const { count: tokens, chiSquare, degreesOfFreedom: freedom } = association;
      const { cramersV, normalizedMutualInformation } = association;
      const within = columns.map((domain) =>
        byDomain.find((one) => one.domain === domain)?.association.cramersV.toFixed(3),
      );
      const cells = [
        formatCount(Math.round(tokens)),
        `${formatCount(Math.round(chiSquare))} (${freedom})`,
        cramersV.toFixed(3),
        normalizedMutualInformation.toFixed(3),
        ...within,
      ];
      return html`<tr><td>${i === 0 ? layer : ""}</td><td>${label}</td>${cells.map(numeric)}</tr>`;
    }),
  );
  return html`<h3 class="sub">Experts and labels <small>chi-square with its degrees of freedom, Cram\u00e9r\u2019s V, normalised mutual information</small></h3>
<div class="card scroll" tabindex="0" role="region" aria-label="Experts and labels"><table><thead><tr><th>layer</th><th>label</th><th class="number">assignments</th><th class="number">\u03c7\u00b2 (df)</th><th class="number">V</th><th class="number">NMI</th>${columns.map(
    (domain) =>
      html`<th class="number" title="Cram\u00e9r\u2019s V within ${domain}">V, ${domain}</th>`,
  )}</tr></thead><tbody>
${rows}
</tbody></table></div>`;
}

function numeric(value: Part): Html {
  return html`<td class="number">${value}</td>`;
}
