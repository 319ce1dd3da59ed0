/** Groups the curves of a run into charts. */
import type { MetricSeries, MetricTable } from "moesaic/inspect";
import { type Curve, chartsOf, routingCurves, wholeLayers } from "moesaic/report/browser";

/** Curves of one chart. */
export interface CurveFigure {
  readonly key: string;
  readonly title: string;
  readonly note?: string;
  readonly unit: "number" | "percent";
  readonly curves: readonly Curve[];
  readonly nonFinite: number;
}

/** Stacked shares of the experts of a layer. */
export interface LoadFigure {
  readonly layer: string;
  readonly loads: readonly Curve["points"][]; // [E]
}

export interface CurveGroups {
  readonly scores: readonly CurveFigure[];
  readonly training: readonly CurveFigure[];
  readonly routing: readonly CurveFigure[];
  readonly loads: readonly LoadFigure[];
}

/**
 * Limits expert numbers, so that an invalid or hostile number does not grow a list without bound.
 */
const mostExperts = 1024;
const splits = ["train", "validation", "test"];
const steering = ["learning_rate", "grad_norm", "tokens_per_second", "objective", "cross_entropy"];
const titles: Readonly<Record<string, string>> = {
  grad_norm: "Gradient norm",
  bleu4: "BLEU-4",
  next_token_accuracy: "Next-token accuracy",
};

/**
 * Groups the curves of a run: scores by name across splits, other metrics by kind.
 *
 * @param predictsTokens whether `accuracy` is that of next tokens
 */
export function curveGroups({ series }: MetricTable, predictsTokens = false): CurveGroups {
  const shown = (name: string): string =>
    titleOf(predictsTokens && name === "accuracy" ? "next_token_accuracy" : name);
  const plain = new Map<string, MetricSeries[]>();
  const auxiliary: MetricSeries[] = [];
  const byDomain = new Map<string, MetricSeries[]>();
  const routed = new Map<string, MetricSeries[]>();
  const loads = new Map<string, Curve["points"][]>();
  for (const entry of series) {
    const { name, split } = entry;
    const load = /^experts\/(.+)\/load_(\d+)$/.exec(name);
    const expert = /^experts\/(.+)\/([^/]+)$/.exec(name);
    const domain = /^env_(.+)_(in|out)_acc$/.exec(name);
    if (load !== null) {
      if (split === "train" && Number(load[2]) < mostExperts) {
        const layer = loads.get(load[1]!) ?? [];
        layer[Number(load[2])] = pointsOf(entry);
        loads.set(load[1]!, layer);
      }
    } else if (expert !== null) {
      if (split === "train") push(routed, expert[2]!, entry);
    } else if (name.startsWith("auxiliary/")) {
      if (split === "train") auxiliary.push(entry);
    } else if (domain !== null) {
      push(byDomain, `Accuracy by domain, ${domain[2]} splits`, entry);
    } else if (entry.steps.length > 1 || split !== "test") {
      push(plain, name, entry);
    }
  }
  const figuresOf = (names: readonly string[]): CurveFigure[] =>
    names.flatMap((name) =>
      figures(shown(name), plain.get(name)!.sort(bySplit), {
        nameOf: ({ split }) => split,
        labels: splits,
        unit: unitOf(name),
      }),
    );
  const names = [...plain.keys()];
  const domains = [...new Set([...byDomain.values()].flat().map(domainOf))].sort();
  const routedLayers = wholeLayers([...routed.values()].flat().map(layerOf));
  const scores = names.filter((name) => !steering.includes(name)).sort(byImportance);
  return {
    scores: [
      ...figuresOf(scores),
      ...[...byDomain].flatMap(([title, list]) =>
        figures(title, list, { nameOf: domainOf, labels: domains, unit: "percent" }),
      ),
    ],
    training: [
      ...figures("Auxiliary losses", auxiliary, {
        nameOf: ({ name }) => name.slice("auxiliary/".length),
        unit: "number",
      }),
      ...figuresOf(steering.filter((name) => names.includes(name))),
    ],
    routing: routingCurves.flatMap(({ name, title, unit, explanation }) => {
      const found = routed.get(name) ?? [];
      const whole = new Set(wholeLayers(found.map(layerOf)));
      const layers = found.filter((entry) => whole.has(layerOf(entry)));
      // Routers that refuse no token always have success 1.
      const refused = layers.some(({ values }) => values.some((value) => value < 1));
      if (name === "success_rate" && !refused) return [];
      return figures(title, layers, {
        ...{ nameOf: layerOf, labels: routedLayers, unit },
        note: explanation,
      });
    }),
    loads: wholeLayers([...loads.keys()]).map((layer) => ({
      layer,
      loads: Array.from(loads.get(layer)!, (points) => points ?? []),
    })),
  };
}

/** Metrics whose names mark them as fractions are shown in percent. */
export function unitOf(name: string): CurveFigure["unit"] {
  return /accuracy|exact_match|_acc$|_r(1|5|10)$|success_rate|confidence|fraction|recall/.test(name)
    ? "percent"
    : "number";
}

/** Display name of a metric such as `zero_shot_accuracy`. */
export function titleOf(name: string): string {
  const words = titles[name] ?? name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

interface FigureOptions extends Pick<CurveFigure, "unit" | "note"> {
  readonly nameOf: (entry: MetricSeries) => string;
  /** Labels of all charts on which a label has the same colour. Default: those of the series. */
  readonly labels?: readonly string[];
}

function figures(
  title: string,
  series: readonly MetricSeries[],
  { nameOf, labels, unit, note }: FigureOptions,
): CurveFigure[] {
  const drawn = series.filter(({ steps }) => steps.length > 0);
  return chartsOf(drawn, nameOf, labels).map((part, group, { length: groups }) => ({
    key: `${title} ${group}`,
    title: groups > 1 ? `${title}, ${group + 1} of ${groups}` : title,
    unit,
    curves: part.map(({ item, color }) => ({
      label: nameOf(item),
      points: pointsOf(item),
      color,
    })),
    nonFinite: part.reduce((sum, { item }) => sum + item.nonFinite, 0),
    ...(note !== undefined && { note }),
  }));
}

/** The points of a series, cached. */
export function pointsOf(series: MetricSeries): Curve["points"] {
  const found = points.get(series);
  if (found !== undefined) return found;
  const made = series.steps.map((x, i) => ({ x, y: series.values[i]! }));
  points.set(series, made);
  return made;
}

const points = new WeakMap<MetricSeries, Curve["points"]>();

function push(map: Map<string, MetricSeries[]>, key: string, entry: MetricSeries): void {
  const list = map.get(key) ?? [];
  list.push(entry);
  map.set(key, list);
}

function domainOf({ name }: MetricSeries): string {
  return name.slice("env_".length).replace(/_(in|out)_acc$/, "");
}

function layerOf({ name }: MetricSeries): string {
  return name.split("/").slice(1, -1).join("/");
}

function bySplit(a: MetricSeries, b: MetricSeries): number {
  return splits.indexOf(a.split) - splits.indexOf(b.split);
}

/** Orders loss and accuracy first, then the other names as they appear. */
function byImportance(a: string, b: string): number {
  const rank = (name: string): number =>
    name === "loss" ? 0 : name === "accuracy" ? 1 : unitOf(name) === "percent" ? 2 : 3;
  return rank(a) - rank(b);
}
