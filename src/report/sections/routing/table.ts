/** Tables of how layers route. */

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

/** A column of the table of layers. */
export interface RoutingColumn {
  readonly title: string;
  readonly hint: string;
  readonly cell: (spread: RoutingSpread) => string;
}

/** Columns of the table of layers: every score, but success alone for its opposite. */
export const routingColumns: readonly RoutingColumn[] = routingScoreList
  .filter(({ name }) => name !== "droppedFraction")
  .map((score) => (score.name === "deadExperts" ? deadColumn(score) : scoreColumn(score)));

/** A column that holds one score. */
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

/** Experts with next to no load, as load charts mark them. */
function deadColumn({ column }: RoutingScore): RoutingColumn {
  return {
    title: column,
    hint: "Experts with next to no load.",
    cell: ({ load }) =>
      String(load.filter((share) => loadStatus(share, load.length) === "dead").length),
  };
}

function formatScore(value: number, unit: RoutingScore["unit"]): string {
  if (unit === "percent") return formatPercent(value);
  return unit === "count" ? String(value) : value.toFixed(2);
}

/** One row for each layer, and one for each modality of it. */
export function drawRoutingTable(routing: readonly LayerRouting[]): Html {
  const cells = (spread: RoutingSpread): Html[] =>
    routingColumns.map(({ cell }) => numeric(cell(spread)));
  const rows = routing.flatMap((entry) => [
    html`<tr><td>${entry.layer}</td>${cells(entry)}</tr>`,
    ...(entry.modalities ?? []).map(
      (spread) => html`<tr class="part"><td>${spread.modality}</td>${cells(spread)}</tr>`,
    ),
  ]);
  return html`<h3 class="sub">Routing of each layer <small>entropies and information in nats</small></h3>
<div class="card scroll" tabindex="0" role="region" aria-label="Routing of each layer"><table><thead><tr><th>layer</th>${routingColumns.map(
    ({ title, hint }) => html`<th class="number" title="${hint}">${title}</th>`,
  )}</tr></thead><tbody>
${rows}
</tbody></table></div>`;
}

/** How far the experts of each layer go with what samples are; nothing where nothing is known. */
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
  return html`<h3 class="sub">Agreement of experts with what samples are <small>0 unrelated, 1 one to one${
    ofImages ? "; but for modalities, of the tokens of images alone" : ""
  }</small></h3>
<div class="card scroll" tabindex="0" role="region" aria-label="Agreement of experts with labels"><table><thead><tr><th>layer</th>${labels.map(
    (label) =>
      html`<th class="number" title="normalised mutual information of experts and values of ${label}">NMI, ${label}</th><th class="number" title="Cram\u00e9r\u2019s V of experts and values of ${label}: root of chi-square over its largest possible value">V, ${label}</th>`,
  )}</tr></thead><tbody>
${rows}
</tbody></table></div>`;
}

/** How far two checkpoints route alike. */
export function drawAgreement({ first, second, split, layers }: CheckpointAgreement): Html {
  return html`<h3 class="sub">Agreement of checkpoints <small>${first} against ${second}, on the same tokens of the ${split} split</small></h3>
<div class="card scroll" tabindex="0" role="region" aria-label="Agreement of checkpoints"><table><thead><tr><th>layer</th><th class="number" title="tokens whose first expert is the same">same first choice</th><th class="number" title="agreement beyond what equal loads share by chance: 0 chance, 1 the same">kappa</th><th class="number" title="shared experts over the experts of either, on average">overlap</th><th class="number">tokens</th></tr></thead><tbody>
${layers.map(
  ({ layer, own, tokens }) =>
    html`<tr><td>${layer}</td>${[formatPercent(own.firstChoice), own.kappa.toFixed(2), formatPercent(own.overlap), formatCount(tokens)].map(numeric)}</tr>`,
)}
</tbody></table></div>`;
}

function numeric(value: Part): Html {
  return html`<td class="number">${value}</td>`;
}
