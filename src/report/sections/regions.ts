/** Where a mixture of classifiers decides for what, and which expert it asks there. */

import type { DecisionRegions } from "../../inspect/types.ts";
import { type Plane, planeChart, pointSymbols } from "../charts/plane.ts";
import { percent } from "../format.ts";
import { type Html, html } from "../html.ts";
import { expertColors } from "../palette.ts";
import { cssTheme } from "../theme.ts";
import { chartGrid, type GridChart } from "./chart-grid.ts";
import { type Context, className, type Section } from "./section.ts";

const signs: Readonly<Record<(typeof pointSymbols)[number], string>> = {
  circle: "\u25cf",
  triangle: "\u25b2",
  square: "\u25a0",
  diamond: "\u25c6",
  star: "\u2605",
  cross: "\u271a",
};

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
  const { numExperts } = regions;
  // Classes have the colours after those of the experts, so that one colour has one meaning.
  const classes = run.classNames.map((_, c) => ({
    name: `class ${className(run, c)}`,
    fill: cssTheme.expert(numExperts + c),
    symbol: pointSymbols[c % pointSymbols.length]!,
  }));
  const fallback = { name: "unknown class", fill: cssTheme.muted, symbol: pointSymbols[0] };
  const ofClass = (c: number) => classes[c] ?? fallback;
  const draw =
    (label: string, plane: Omit<Plane, "point">) =>
    (width: number): SVGSVGElement =>
      planeChart(regions, { ...plane, point: ofClass }, { document, width, label });
  const classLegend = html`<ul class="legend">${classes.map(
    ({ name, fill, symbol }) =>
      html`<li><span style="color:${fill}" aria-hidden="true">${signs[symbol]}</span> ${name}</li>`,
  )}</ul>`;
  const result: GridChart[] = [
    {
      title: "Prediction of the mixture",
      legend: classLegend,
      draw: draw("Predicted class over the plane", { values: regions.predicted, area: ofClass }),
    },
    {
      title: "Territory of each expert",
      legend: expertLegend(numExperts),
      draw: draw("Expert with the largest gate over the plane", {
        values: regions.experts,
        strength: regions.gates,
        area: (e) => ({ name: `expert ${e}`, fill: cssTheme.expert(e) }),
      }),
      note: "The fuller the colour, the nearer the gate of that expert is to 1.",
    },
  ];
  if (regions.optimal !== undefined) {
    result.push({
      title: "Best possible prediction",
      legend: classLegend,
      draw: draw("Most probable class over the plane", { values: regions.optimal, area: ofClass }),
      note: "The most probable class, from the distribution that the data were drawn from.",
    });
  }
  return result;
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
    html`<tr><td>${name}</td>${byClass.map((share) => html`<td class="number">${percent(share)}</td>`)}<td class="number">${percent(accuracy)}</td></tr>`,
)}
</tbody></table></div>`;
}
