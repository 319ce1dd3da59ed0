/** Tables of routing scores. */

import {
  type RoutingScore,
  type RoutingScoreName,
  routingScoreList,
} from "../../../inspect/routing-scores.ts";
import type {
  CheckpointAgreement,
  LayerRouting,
  RoutingSpread,
} from "../../../inspect/types/routing.ts";
import { loadStatus } from "../../charts/load-status.ts";
import { formatCount, formatPercent } from "../../format.ts";
import { type Html, html, type Part } from "../../html.ts";

/** A column of the layer table. */
export interface RoutingColumn {
  readonly title: string;
  readonly hint: string;
  readonly cell: (spread: RoutingSpread) => string;
}

/**
 * Columns of the layer table: every score except the dropped fraction, the complement of success.
 */
export const routingColumns: readonly RoutingColumn[] = routingScoreList
  .filter(({ name }) => name !== "droppedFraction")
  .map((score) => (score.name === "deadExperts" ? deadColumn(score) : scoreColumn(score)));

/** A column with one score. */
export function scoreColumn({
  name,
  column,
  unit,
  explanation,
}: RoutingScore & { readonly name: RoutingScoreName }): RoutingColumn {
  return {
    title: column,
    hint: explanation,
    cell: ({ scores }) => formatScore(scores[name], unit),
  };
}

/** Number of dead experts, by the same limit as load charts. */
function deadColumn({ column }: RoutingScore): RoutingColumn {
  return {
    title: column,
    hint: "Experts that are almost unused.",
    cell: ({ load }) =>
      String(load.filter((share) => loadStatus(share, load.length) === "dead").length),
  };
}

function formatScore(value: number, unit: RoutingScore["unit"]): string {
  if (unit === "percent") return formatPercent(value);
  return unit === "count" ? String(value) : value.toFixed(2);
}

/** One row per layer, and one per modality of it. */
export function drawRoutingTable(routing: readonly LayerRouting[]): Html {
  const cells = (spread: RoutingSpread): Html[] =>
    routingColumns.map(({ cell }) => numeric(cell(spread)));
  const rows = routing.flatMap((entry) => [
    html`<tr><td>${entry.layer}</td>${cells(entry)}</tr>`,
    ...(entry.modalities ?? []).map(
      (spread) => html`<tr class="part"><td>${spread.modality}</td>${cells(spread)}</tr>`,
    ),
  ]);
  return html`<h3 class="sub">Routing by layer <small>entropies and information in nats</small></h3>
<div class="card scroll" tabindex="0" role="region" aria-label="Routing by layer"><table><thead><tr><th>layer</th>${routingColumns.map(
    ({ title, hint }) => html`<th class="number" title="${hint}">${title}</th>`,
  )}</tr></thead><tbody>
${rows}
</tbody></table></div>`;
}

/** Association of experts with sample labels, per layer; null without labels. */
export function drawAssociations(routing: readonly LayerRouting[]): Html | null {
  const tables = routing.flatMap(({ labels = [] }) => labels);
  const labels = [...new Set(tables.map(({ label }) => label))];
  if (labels.length === 0) return null;
  const ofImages = tables.some(({ modality }) => modality === "image");
  const rows = routing
    .filter((entry) => entry.labels !== undefined)
    .map((entry) => {
      const found = labels.map((label) => entry.labels!.find((each) => each.label === label));
      const cells = found.flatMap((each) => [
        each?.association.normalizedMutualInformation.toFixed(3),
        each?.association.cramersV.toFixed(3),
      ]);
      return html`<tr><td>${entry.layer}</td>${cells.map(numeric)}</tr>`;
    });
  return html`<h3 class="sub">Association of experts with labels <small>0 unrelated, 1 one to one${
    ofImages ? "; image tokens only, except for modalities" : ""
  }</small></h3>
<div class="card scroll" tabindex="0" role="region" aria-label="Association of experts with labels"><table><thead><tr><th>layer</th>${labels.map(
    (label) =>
      html`<th class="number" title="normalised mutual information of experts and values of ${label}">NMI, ${label}</th><th class="number" title="Cram\u00e9r\u2019s V of experts and values of ${label}: square root of chi-square over its maximum">V, ${label}</th>`,
  )}</tr></thead><tbody>
${rows}
</tbody></table></div>`;
}

/** Routing agreement of two checkpoints. */
export function drawAgreement({ first, second, split, layers }: CheckpointAgreement): Html {
  return html`<h3 class="sub">Routing agreement of checkpoints <small>${first} and ${second}, on the same tokens of the ${split} split</small></h3>
<div class="card scroll" tabindex="0" role="region" aria-label="Routing agreement of checkpoints"><table><thead><tr><th>layer</th><th class="number" title="tokens with the same first expert">same first choice</th><th class="number" title="agreement beyond chance for the given loads: 0 is chance, 1 is identical">kappa</th><th class="number" title="mean Jaccard index of the two expert sets">overlap</th><th class="number">tokens</th></tr></thead><tbody>
${layers.map(
  ({ layer, own, tokens }) =>
    html`<tr><td>${layer}</td>${[formatPercent(own.firstChoice), own.kappa.toFixed(2), formatPercent(own.overlap), formatCount(tokens)].map(numeric)}</tr>`,
)}
</tbody></table></div>`;
}

function numeric(value: Part): Html {
  return html`<td class="number">${value}</td>`;
}
