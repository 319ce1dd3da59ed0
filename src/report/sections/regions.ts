/** Decision regions of a mixture of classifiers, and the territory of each expert. */

import { defined } from "../../graph/defined.ts";
import type { DecisionRegions } from "../../inspect/types/regions.ts";
import { planeChart } from "../charts/planes/plane.ts";
import { classLooks, regionPlanes } from "../charts/planes/region-planes.ts";
import { formatPercent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { expertColors } from "../palette.ts";
import { chartGrid, type GridChart } from "./chart-grid.ts";
import { type Context, className, type Section } from "./section.ts";

export const regionsSection: Section = {
  id: "regions",
  title: "Regions",
  draw: (context) => {
    const { regions } = context.run;
    if (regions === undefined) return null;
    const [x, y] = regions.axes;
    return html`<p class="lede">Predictions of the mixture in the plane of ${x} and ${y}, with all other features zero, and the territory of each expert, where its gate is the largest. Points are samples of the test split. Their other features are not zero, so a point may lie outside the area of its class.</p>
${chartGrid(charts(context, regions))}
<h3 class="sub">Accuracy of experts and mixture by class <small>test split</small></h3>
${drawScores(context, regions)}`;
  },
};

function charts({ run, document }: Context, regions: DecisionRegions): GridChart[] {
  const classLegend = html`<ul class="legend">${classLooks(regions.numExperts, run.classNames).map(
    ({ name, fill, sign }) =>
      html`<li><span style="color:${fill}" aria-hidden="true">${sign}</span> ${name}</li>`,
  )}</ul>`;
  return regionPlanes(regions, run.classNames).map(({ title, label, of, plane, note }) => ({
    title,
    legend: of === "classes" ? classLegend : expertLegend(regions.numExperts),
    draw: (width) => planeChart(regions, plane, { document, width, label }),
    ...defined({ note }),
  }));
}

function expertLegend(numExperts: number): Html {
  return html`<ul class="legend">${expertColors(numExperts).map(
    (color, e) =>
      html`<li><span class="swatch small" style="background:${color}"></span>expert ${e}</li>`,
  )}</ul>`;
}

function drawScores({ run }: Context, { scores }: DecisionRegions): Html {
  return html`<div class="card"><table><thead><tr><th>classifier</th>${run.classNames.map(
    (_, c) => html`<th class="number">class ${className(run, c)}</th>`,
  )}<th class="number">all</th></tr></thead><tbody>
${scores.map(
  ({ name, byClass, accuracy }) =>
    html`<tr><td>${name}</td>${byClass.map((share) => html`<td class="number">${formatPercent(share)}</td>`)}<td class="number">${formatPercent(accuracy)}</td></tr>`,
)}
</tbody></table></div>`;
}
