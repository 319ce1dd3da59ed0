/** Where a mixture of classifiers decides for what, and which expert it asks there. */

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
    return html`<p class="lede">The plane of ${x} and ${y}, every other feature being zero: what the mixture predicts there, and the territory of each expert, which is where its gate is the largest. Points are samples of the test split; their other features are not zero, so they need not lie in the area of their class.</p>
${chartGrid(charts(context, regions))}
<h3 class="sub">Experts and mixture, class by class <small>share of the test samples that are classified rightly</small></h3>
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
