/** Load of the experts of each layer. */

import type { LabelRouting, LayerRouting } from "../../../inspect/types/routing.ts";
import { labelMapChart } from "../../charts/label-map.ts";
import { loadBarsChart } from "../../charts/load-bars.ts";
import { loadMapChart } from "../../charts/load-map.ts";
import { deadBelow, loadStatus, overloadedAbove, statusSign } from "../../charts/load-status.ts";
import { type Html, html } from "../../html.ts";
import { responsive } from "../../svg.ts";
import { balanceLegend, cssTheme } from "../../theme.ts";
import { chartGrid } from "../chart-grid.ts";
import { type Context, figure, type Section } from "../section.ts";
import { drawRoutingCurves } from "./curves.ts";
import { drawAgreement, drawAssociations, drawRoutingTable } from "./table.ts";

/** Labels with more values are skipped. */
const mostValues = 128;

export const expertsSection: Section = {
  id: "experts",
  title: "Experts",
  draw: (context) => {
    const { agreement } = context.run;
    const routing = (context.run.routing ?? []).filter((entry) => entry.load.length > 0);
    const curves = drawRoutingCurves(context);
    if (routing.length === 0 && curves === null) return null;
    return html`${routing.length === 0 ? null : drawLoads(context, routing)}
${curves}
${agreement === undefined ? null : drawAgreement(agreement)}
${drawAssociations(routing)}
${drawLabels(context, routing)}`;
  },
};

function drawLoads({ document }: Context, routing: readonly LayerRouting[]): Html {
  const map = (of: "load" | "importance", label: string): Html =>
    responsive((width) => loadMapChart(routing, { document, width, of, label }), 1140);
  const bars = routing.map((entry) => ({
    title: entry.layer,
    draw: (width: number) =>
      loadBarsChart(entry, { document, width, label: `Expert load of ${entry.layer}` }),
    note: verdict(entry),
  }));
  return html`<p class="lede">A balanced router gives each of E experts 1/E of all assignments.
<b>${statusSign.dead} dead</b>: less than ${deadBelow} times that; <b>${statusSign.overloaded} overloaded</b>: more than ${overloadedAbove} times.</p>
${drawLegend()}
<div class="stack">
${figure("Load by layer, as a multiple of the even share", map("load", "Expert load of each layer as multiples of the even share"), "The share of all assignments that went to each expert.")}
${figure("Mean probability by layer, as a multiple of the even share", map("importance", "Mean probability of the experts of each layer as multiples of the even share"), "Mean router probability of each expert over all tokens. It differs from the load if close decisions favour one side.")}
</div>
${drawRoutingTable(routing)}
<h3 class="sub">Share of assignments <small>dashed: the even share</small></h3>
${chartGrid(bars)}`;
}

/** The colours of the heat maps. */
function drawLegend(): Html {
  return html`<ul class="legend balance">${balanceLegend(cssTheme).map(
    ({ label, color }) =>
      html`<li><span class="swatch small" style="background:${color}"></span>${label}</li>`,
  )}</ul>`;
}

/** A map of values and experts for every label and layer. */
function drawLabels({ document }: Context, routing: readonly LayerRouting[]): Html[] {
  const byLabel = new Map<string, { layer: string; labelled: LabelRouting }[]>();
  for (const { layer, labels = [] } of routing) {
    for (const labelled of labels) {
      if (labelled.values.length > mostValues) continue;
      byLabel.set(labelled.label, [...(byLabel.get(labelled.label) ?? []), { layer, labelled }]);
    }
  }
  return [...byLabel].map(
    ([label, entries]) =>
      html`<h3 class="sub">Experts by ${label} <small>percent of each ${label}${entries.some(({ labelled }) => labelled.modality === "image") ? ", image tokens only" : ""}</small></h3>
${drawLegend()}
${chartGrid(
  entries.map(({ layer, labelled: { values, counts, association } }) => ({
    title: layer,
    draw: (width: number) =>
      labelMapChart(counts, values, {
        document,
        width,
        label: `Experts by ${label} in ${layer}`,
      }),
    note: html`NMI ${association.normalizedMutualInformation.toFixed(3)}, Cram\u00e9r\u2019s V ${association.cramersV.toFixed(3)}`,
  })),
)}`,
  );
}

function verdict({ load, numExperts }: LayerRouting): Html | string {
  const list = (status: "dead" | "overloaded"): string =>
    load
      .flatMap((share, e) => (loadStatus(share, numExperts) === status ? [String(e)] : []))
      .join(", ");
  const dead = list("dead");
  const over = list("overloaded");
  if (dead === "" && over === "") return "No expert is dead or overloaded.";
  return html`${dead === "" ? null : html`<b class="warning">${statusSign.dead} Dead: ${dead}.</b> `}${
    over === "" ? null : html`<b class="warning">${statusSign.overloaded} Overloaded: ${over}.</b>`
  }`;
}
