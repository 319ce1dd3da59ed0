/** How training went. */

import { type Curve, curveChart, smoothingWindow, suitsLogAxis } from "../charts/curves.ts";
import { loadOverTimeChart } from "../charts/load-over-time.ts";
import { figure as number, percent } from "../format.ts";
import { type Html, html, type Part } from "../html.ts";
import { expertColors } from "../palette.ts";
import type { Series } from "../series.ts";
import { svgText } from "../svg.ts";
import { cssTheme } from "../theme.ts";
import { type Context, figure, type Section } from "./section.ts";

const width = 400;
const splits = ["train", "validation", "test"] as const;
/** A chart with more curves than this is split. */
const curveLimit = 6;

export const curvesSection: Section = {
  id: "training",
  title: "Training",
  draw: (context) => {
    const { series } = context;
    const acrossSplits = (name: string): Series[] =>
      splits
        .flatMap((split) => series.get(split, name) ?? [])
        .filter((s) => s.points.length > 1 || s.split !== "test");
    const single = (name: string): Series[] => [series.get("train", name) ?? []].flat();
    const bySplit = (entry: Series): string => entry.split;
    const byTail = (entry: Series): string => entry.name.split("/").slice(1).join("/");
    const byLayer = (entry: Series): string => entry.name.split("/").slice(1, -1).join("/");
    const known = (name: string): boolean => series.get("train", name) !== undefined;
    const charts = [
      drawCurves(context, "Loss", acrossSplits("loss"), bySplit),
      drawCurves(context, "Accuracy", acrossSplits("accuracy"), bySplit, "percent"),
      drawCurves(context, "Auxiliary losses", series.match("train", /^auxiliary\//), byTail),
      drawCurves(
        context,
        "Expert imbalance",
        series.match("train", /^experts\/.+\/max_violation$/),
        byLayer,
        "number",
        "Largest load of a layer's experts above the even share, as a multiple of it; 0 is even.",
      ),
      drawCurves(context, "Learning rate", single("learning_rate"), () => "learning rate"),
      drawCurves(context, "Gradient norm", single("grad_norm"), () => "gradient norm"),
      drawCurves(
        context,
        "Tokens per second",
        single("tokens_per_second"),
        () => "tokens per second",
      ),
      known("loss") && known("auxiliary/")
        ? drawCurves(context, "Cross-entropy", single("cross_entropy"), () => "cross-entropy")
        : null,
    ].filter((chart) => chart !== null);
    const loads = drawLoads(context);
    if (charts.length === 0 && loads === null) return null;
    const smoothed = charts.length > 0;
    return html`${smoothed ? html`<p class="lede">Faint traces hold every recorded value; the lines over them are running means.</p>` : null}
<div class="grid">${charts}</div>
${loads}`;
  },
};

function drawCurves(
  { document }: Context,
  title: string,
  series: readonly Series[],
  nameOf: (series: Series) => string,
  unit: "number" | "percent" = "number",
  explanation?: string,
): Html | null {
  const drawn = series.filter((entry) => entry.points.length > 0);
  if (drawn.length === 0) return null;
  const skipped = series.reduce((sum, entry) => sum + entry.nonFinite, 0);
  const groups = Math.ceil(drawn.length / curveLimit);
  return html`${Array.from({ length: groups }, (_, group) => {
    const part = drawn.slice(group * curveLimit, (group + 1) * curveLimit);
    const curves: Curve[] = part.map((entry) => ({ label: nameOf(entry), points: entry.points }));
    const log = unit === "number" && suitsLogAxis(curves);
    const heading = html`${title}${log ? html` <small>logarithmic</small>` : null}${
      groups > 1 ? html` <small>${group + 1} of ${groups}</small>` : null
    }`;
    const label = `${title} over steps: ${curves.map((c) => c.label).join(", ")}`;
    const chart = html`${legend(curves, unit)}${svgText(curveChart(curves, { document, width, unit, label }))}`;
    const notes = [
      explanation,
      group === 0 && skipped > 0
        ? `${skipped} ${skipped === 1 ? "value was" : "values were"} not finite and not drawn.`
        : undefined,
    ].filter((note) => note !== undefined);
    return figure(heading, chart, notes.length === 0 ? undefined : notes.join(" "));
  })}`;
}

function legend(curves: readonly Curve[], unit: "number" | "percent"): Html {
  return html`<ul class="legend">${curves.map(({ label, points }, i) => {
    const last = points[points.length - 1]!.y;
    const color = cssTheme.series[i % cssTheme.series.length]!;
    const averaged = smoothingWindow(points) > 1;
    const value = unit === "percent" ? percent(last) : number(last);
    return html`<li title="${averaged ? "last recorded value" : "last value"}"><span class="line" style="background:${color}"></span>${label} <b>${value}</b></li>`;
  })}</ul>`;
}

/** One chart per layer of how the experts' shares moved. */
function drawLoads({ document, series }: Context): Html | null {
  const pattern = /^experts\/(.+)\/load_(\d+)$/;
  const layers = new Map<string, Series[]>();
  for (const entry of series.match("train", pattern)) {
    const [, layer, expert] = pattern.exec(entry.name)!;
    // A mistyped or hostile expert number must not grow the list without bound.
    if (Number(expert) >= 1024) continue;
    const experts = layers.get(layer!) ?? [];
    experts[Number(expert)] = entry;
    layers.set(layer!, experts);
  }
  if (layers.size === 0) return null;
  const most = Math.max(...[...layers.values()].map((experts) => experts.length));
  const figures: Part[] = [...layers].map(([layer, experts]) => {
    const loads = Array.from({ length: experts.length }, (_, e) => experts[e]?.points ?? []);
    const label = `Share of each expert of ${layer} over steps`;
    return figure(layer, svgText(loadOverTimeChart(loads, { document, width, label })));
  });
  return html`<h3 class="sub">Expert balance over time</h3>
<p class="lede">Share of all assignments per expert, stacked from expert 0 at the bottom; bands of equal height are an even load.</p>
<ul class="legend experts">${expertColors(most).map(
    (color, expert) =>
      html`<li><span class="swatch small" style="background:${color}"></span>${expert}</li>`,
  )}</ul>
<div class="grid">${figures}</div>`;
}
