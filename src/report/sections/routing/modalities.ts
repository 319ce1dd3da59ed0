/** Modality of the tokens of each expert. */

import { type RoutingScoreName, routingScores } from "../../../inspect/routing-scores.ts";
import {
  MAJORITY_SPECIALTY_SHARE,
  type ModalityShares,
  modalityShares,
  SPECIALTY_SHARE,
} from "../../../inspect/statistics/modality-shares.ts";
import type { LabelRouting, LayerRouting } from "../../../inspect/types/routing.ts";
import { modalitySharesChart } from "../../charts/modality-shares.ts";
import { formatPercent } from "../../format.ts";
import { type Html, html } from "../../html.ts";
import { cssTheme } from "../../theme.ts";
import { chartGrid } from "../chart-grid.ts";
import type { Section } from "../section.ts";

/** Scores of the table, in percent. */
const shownScores = [
  "successRate",
  "gateConfidence",
] as const satisfies readonly RoutingScoreName[];

interface MixedLayer {
  readonly entry: LayerRouting;
  readonly labelled: LabelRouting;
  readonly shares: ModalityShares;
}

export const modalitiesSection: Section = {
  id: "modalities",
  title: "Modalities",
  draw: ({ run, document }) => {
    const layers = (run.routing ?? []).flatMap((entry): MixedLayer[] => {
      const labelled = entry.labels?.find(({ label }) => label === "modality");
      if (labelled === undefined || labelled.values.length < 2) return [];
      return [{ entry, labelled, shares: modalityShares(labelled) }];
    });
    if (layers.length === 0) return null;
    const charts = layers.map(({ entry: { layer }, shares }) => ({
      title: layer,
      draw: (width: number) =>
        modalitySharesChart(shares, {
          document,
          width,
          label: `Modalities of the tokens of each expert of ${layer}`,
        }),
      note: describe(shares),
    }));
    return html`<p class="lede">${summary(layers)} Bars are the tokens of each expert by modality, in percent; a dashed line marks the split of all tokens, which is the expected split without a preference. Grey bars below are the expert\u2019s share of all assignments.</p>
${legend(layers)}
${chartGrid(charts)}
${drawTable(layers)}`;
  },
};

/** One-sentence summary of the experts per modality. */
function summary(layers: readonly MixedLayer[]): Html {
  const experts = layers.flatMap(({ shares }) => shares.experts);
  const counts = modalitiesOf(layers).map((modality) => {
    const own = experts.filter(({ specialty }) => specialty === modality).length;
    return html`<b>${own}</b> ${own === 1 ? "receives" : "receive"} at least ${leastShare(layers, modality)} ${modality} tokens`;
  });
  const idle = experts.filter((expert) => expert.idle).length;
  const mixed = experts.filter((expert) => expert.specialty === undefined && !expert.idle).length;
  return html`Of ${experts.length} experts in ${layers.length === 1 ? "one layer" : `${layers.length} layers`}, ${counts.map((part) => html`${part}, `)}and ${mixed} ${mixed === 1 ? "receives" : "receive"} a mix${idle === 0 ? "" : `; ${idle} ${idle === 1 ? "is" : "are"} almost unused`}.`;
}

/** Minimum share of a specialist: the larger one if the modality is the majority in any layer. */
function leastShare(layers: readonly MixedLayer[], modality: string): string {
  const frequent = layers.some(
    ({ shares: { modalities, overall } }) => (overall[modalities.indexOf(modality)] ?? 0) > 0.5,
  );
  return formatPercent(frequent ? MAJORITY_SPECIALTY_SHARE : SPECIALTY_SHARE, 0);
}

function modalitiesOf(layers: readonly MixedLayer[]): string[] {
  return [...new Set(layers.flatMap(({ shares }) => shares.modalities))];
}

function legend(layers: readonly MixedLayer[]): Html {
  const names = layers[0]!.shares.modalities;
  return html`<ul class="legend experts">${names.map(
    (name, m) =>
      html`<li><span class="swatch small" style="background:${cssTheme.series[m % cssTheme.series.length]!}"></span>${name} <small>${formatPercent(overallShare(layers, m), 0)} of all tokens</small></li>`,
  )}</ul>`;
}

function overallShare(layers: readonly MixedLayer[], m: number): number {
  return layers.reduce((sum, { shares }) => sum + (shares.overall[m] ?? 0), 0) / layers.length;
}

/** Lists the experts of each modality. */
function describe({ modalities, experts }: ModalityShares): string {
  const list = (modality: string): string =>
    experts
      .filter(({ specialty }) => specialty === modality)
      .map(({ expert }) => expert)
      .join(", ");
  const parts = modalities.map((modality) => `${modality}: ${list(modality) || "none"}`);
  const idle = experts.filter((entry) => entry.idle).map(({ expert }) => expert);
  return `Experts for ${parts.join("; ")}.${idle.length === 0 ? "" : ` Almost unused: ${idle.join(", ")}.`}`;
}

/** Success and confidence by modality, and the association of modalities and experts. */
function drawTable(layers: readonly MixedLayer[]): Html {
  const names = modalitiesOf(layers);
  const heads = shownScores.flatMap((score) => {
    const { column, explanation } = routingScores[score];
    return names.map(
      (name) => html`<th class="number" title="${explanation}">${column}, ${name}</th>`,
    );
  });
  const rows = layers.map(({ entry, labelled: { association } }) => {
    const scores = names.map(
      (name) => entry.modalities?.find(({ modality }) => modality === name)?.scores,
    );
    const cells = [
      ...shownScores.flatMap((name) =>
        scores.map((known) => (known === undefined ? "" : formatPercent(known[name]))),
      ),
      association.normalizedMutualInformation.toFixed(3),
      association.cramersV.toFixed(3),
    ];
    return html`<tr><td>${entry.layer}</td>${cells.map((cell) => html`<td class="number">${cell}</td>`)}</tr>`;
  });
  return html`<h3 class="sub">Routing by modality <small>NMI is the normalised mutual information of experts and modalities: 0 unrelated, 1 one to one</small></h3>
<div class="card scroll" tabindex="0" role="region" aria-label="Routing by modality"><table><thead><tr><th>layer</th>${heads}<th class="number">NMI</th><th class="number">Cram\u00e9r\u2019s V</th></tr></thead><tbody>
${rows}
</tbody></table></div>`;
}
