/** How training went. */

import { type Curve, curveChart, smoothingWindow, suitsLogAxis } from "../charts/curves.ts";
import { loadOverTimeChart } from "../charts/load-over-time.ts";
import { runningMean } from "../downsample.ts";
import { figure as number, percent } from "../format.ts";
import { type Html, html, type Part } from "../html.ts";
import { expertColors } from "../palette.ts";
import type { Series } from "../series.ts";
import { cssTheme } from "../theme.ts";
import { chartGrid, type GridChart } from "./chart-grid.ts";
import type { Context, Section } from "./section.ts";

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
    const main = [
      ...curves("Loss", acrossSplits("loss"), bySplit),
      ...curves("Accuracy", acrossSplits("accuracy"), bySplit, "percent"),
    ];
    const auxiliary = series.match("train", /^auxiliary\//);
    const rest = [
      ...curves("Expert imbalance", series.match("train", /^experts\/.+\/max_violation$/), byLayer),
      ...curves("Auxiliary losses", auxiliary, byTail),
      // Without auxiliary losses this is the loss again.
      ...(auxiliary.length > 0
        ? curves("Cross-entropy", single("cross_entropy"), () => "train")
        : []),
      ...curves("Learning rate", single("learning_rate"), () => "train"),
      ...curves("Gradient norm", single("grad_norm"), () => "train"),
      ...curves("Tokens per second", single("tokens_per_second"), () => "train"),
    ];
    const loads = drawLoads(context);
    if (main.length + rest.length === 0 && loads === null) return null;
    const charts = (list: readonly CurveFigure[]): Html | null =>
      chartGrid(list.map((entry) => drawCurves(context, entry)));
    return html`${main.length + rest.length > 0 ? html`<p class="lede">Faint traces hold every recorded value; the lines over them are running means.</p>` : null}
${charts(main)}
${charts(rest)}
${loads}`;
  },
};

/** Curves that share one chart. */
interface CurveFigure {
  readonly title: Part;
  readonly curves: readonly Curve[];
  readonly unit: "number" | "percent";
  readonly note?: string;
  readonly label: string;
}

const explanations: Readonly<Record<string, string>> = {
  "Expert imbalance": "Load of the busiest expert above the even share, as a multiple of it.",
};

function curves(
  title: string,
  series: readonly Series[],
  nameOf: (series: Series) => string,
  unit: "number" | "percent" = "number",
): CurveFigure[] {
  const drawn = series.filter((entry) => entry.points.length > 0);
  const skipped = series.reduce((sum, entry) => sum + entry.nonFinite, 0);
  const groups = Math.ceil(drawn.length / curveLimit);
  return Array.from({ length: groups }, (_, group) => {
    const part = drawn.slice(group * curveLimit, (group + 1) * curveLimit);
    const list = part.map((entry) => ({ label: nameOf(entry), points: entry.points }));
    const log = unit === "number" && suitsLogAxis(list);
    const notes = [explanations[title] ?? ""];
    if (group === 0 && skipped > 0) {
      notes.push(
        `${skipped} ${skipped === 1 ? "value was" : "values were"} not finite and not drawn.`,
      );
    }
    const note = notes.join(" ").trim();
    const remarks = [log ? "logarithmic" : "", groups > 1 ? `${group + 1} of ${groups}` : ""];
    return {
      title: html`${title} <small>${remarks.filter(Boolean).join(", ")}</small>`,
      curves: list,
      unit,
      label: `${title} over steps: ${list.map((curve) => curve.label).join(", ")}`,
      ...(note === "" ? {} : { note }),
    };
  });
}

function drawCurves({ document }: Context, figure: CurveFigure): GridChart {
  const { unit, label } = figure;
  return {
    ...figure,
    legend: legend(figure.curves, unit),
    draw: (width) => curveChart(figure.curves, { document, width, unit, label }),
  };
}

function legend(curves: readonly Curve[], unit: "number" | "percent"): Html {
  return html`<ul class="legend">${curves.map(({ label, points }, i) => {
    const window = smoothingWindow(points);
    const log = unit === "number" && suitsLogAxis(curves);
    const smooth = window > 1 ? runningMean(points, window, log) : points;
    const last = smooth[smooth.length - 1]!.y;
    const color = cssTheme.series[i % cssTheme.series.length]!;
    const value = unit === "percent" ? percent(last) : number(last);
    return html`<li title="${window > 1 ? "last running mean" : "last value"}"><span class="line" style="background:${color}"></span>${label} <b>${value}</b></li>`;
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
  const charts: GridChart[] = [...layers].map(([layer, experts]) => {
    const loads = Array.from({ length: experts.length }, (_, e) => experts[e]?.points ?? []);
    const label = `Share of each expert of ${layer} over steps`;
    return { title: layer, draw: (width) => loadOverTimeChart(loads, { document, width, label }) };
  });
  return html`<h3 class="sub">Expert balance over time</h3>
<p class="lede">Share of all assignments per expert, stacked from expert 0 at the bottom; bands of equal height are an even load.</p>
<ul class="legend experts">${expertColors(most).map(
    (color, expert) =>
      html`<li><span class="swatch small" style="background:${color}"></span>${expert}</li>`,
  )}</ul>
${chartGrid(charts)}`;
}
