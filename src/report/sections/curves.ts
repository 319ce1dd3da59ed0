/** Training curves. */

import { loadOverTimeChart } from "../charts/load-over-time.ts";
import { type Html, html } from "../html.ts";
import { expertColors } from "../palette.ts";
import type { Series } from "../series.ts";
import { chartGrid, type GridChart } from "./chart-grid.ts";
import { type CurveFigure, curveFigures, drawCurves } from "./curve-figures.ts";
import { wholeLayers } from "./routing/routing-curves.ts";
import type { Context, Section } from "./section.ts";

const splits = ["train", "validation", "test"] as const;

export const curvesSection: Section = {
  id: "training",
  title: "Training",
  draw: (context) => {
    const { series } = context;
    const acrossSplits = (name: string): Series[] =>
      splits
        .flatMap((split) => series.get(split, name) ?? [])
        .filter((s) => s.points.length > 1 || s.split !== "test");
    const bySplit = { nameOf: (entry: Series): string => entry.split, labels: splits };
    const byTail = {
      nameOf: (entry: Series): string => entry.name.split("/").slice(1).join("/"),
    };
    const single = (title: string, name: string): CurveFigure[] =>
      curveFigures(title, [series.get("train", name) ?? []].flat(), bySplit);
    const main = [
      ...curveFigures("Loss", acrossSplits("loss"), bySplit),
      ...curveFigures("Accuracy", acrossSplits("accuracy"), { ...bySplit, unit: "percent" }),
      ...domainCurves(context),
    ];
    const auxiliary = series.match("train", /^auxiliary\//);
    const rest = [
      ...curveFigures("Auxiliary losses", auxiliary, byTail),
      // Without auxiliary losses this equals the loss.
      ...(auxiliary.length > 0 ? single("Cross-entropy", "cross_entropy") : []),
      ...single("Learning rate", "learning_rate"),
      ...single("Gradient norm", "grad_norm"),
      ...single("Tokens per second", "tokens_per_second"),
    ];
    const loads = drawLoads(context);
    if (main.length + rest.length === 0 && loads === null) return null;
    const charts = (list: readonly CurveFigure[]): Html | null =>
      chartGrid(list.map((entry) => drawCurves(context, entry)));
    return html`${main.length + rest.length > 0 ? html`<p class="lede">Faint traces show every recorded value; lines are running means.</p>` : null}
${charts(main)}
${charts(rest)}
${loads}`;
  },
};

/** Accuracy per domain, on in splits and on out splits; a domain has one colour on both. */
function domainCurves({ series }: Context): CurveFigure[] {
  const pattern = /^env_(.+)_(in|out)_acc$/;
  const nameOf = ({ name }: Series): string => pattern.exec(name)![1]!;
  const all = series.match("validation", pattern);
  const labels = [...new Set(all.map(nameOf))].sort();
  return (["in", "out"] as const).flatMap((part) => {
    const shown = all.filter(({ name }) => name.endsWith(`_${part}_acc`));
    const options = { nameOf, labels, unit: "percent" } as const;
    return curveFigures(`Accuracy by domain, ${part} splits`, shown, options);
  });
}

/** One chart per layer of the experts' shares over training. */
function drawLoads({ document, series }: Context): Html | null {
  const pattern = /^experts\/(.+)\/load_(\d+)$/;
  const layers = new Map<string, Series[]>();
  for (const entry of series.match("train", pattern)) {
    const [, layer, expert] = pattern.exec(entry.name)!;
    // An invalid or hostile expert number must not grow the list without bound.
    if (Number(expert) >= 1024) continue;
    const experts = layers.get(layer!) ?? [];
    experts[Number(expert)] = entry;
    layers.set(layer!, experts);
  }
  if (layers.size === 0) return null;
  const most = Math.max(...[...layers.values()].map((experts) => experts.length));
  const charts = wholeLayers([...layers.keys()]).map((layer): GridChart => {
    const experts = layers.get(layer)!;
    const loads = Array.from({ length: experts.length }, (_, e) => experts[e]?.points ?? []);
    const label = `Share of each expert of ${layer} over steps`;
    return { title: layer, draw: (width) => loadOverTimeChart(loads, { document, width, label }) };
  });
  return html`<h3 class="sub">Expert balance over time</h3>
<p class="lede">Share of all assignments per expert, stacked from expert 0 at the bottom; bands of equal height mean balanced load.</p>
<ul class="legend experts">${expertColors(most).map(
    (color, expert) =>
      html`<li><span class="swatch small" style="background:${color}"></span>${expert}</li>`,
  )}</ul>
${chartGrid(charts)}`;
}
