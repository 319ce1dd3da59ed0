/** Comparison of several runs: curves and differing settings. */

import type { MetricSeries, RunEntry } from "moesaic/inspect";
import { cssTheme } from "moesaic/report/browser";
import { useEffect } from "preact/hooks";
import { CurveCard } from "../components/curve-card.tsx";
import { ScrollArea } from "../components/scroll-area.tsx";
import { Problem, Waiting } from "../components/states.tsx";
import { type CurveFigure, pointsOf, titleOf, unitOf } from "../data/curve-groups.ts";
import { type OpenRun, openRun } from "../data/runs.ts";
import { differing, flatten } from "../data/settings.ts";
import { choose, route } from "../route.ts";

/** Default metrics. */
const usual = ["train/loss", "validation/loss", "validation/accuracy"];
/** Selectable metrics; metrics of single experts, partial losses and domains are excluded. */
const mostOffered = 18;
const details = /^(experts|associations?|auxiliary|env_)/;

/** Interval between reloads of the curves of training runs, milliseconds. */
const interval = 5000;

export function Compare({ runs }: { readonly runs: readonly RunEntry[] }) {
  const training = runs.filter(({ state }) => state === "training").map(({ id }) => id);
  // Browsers limit connections per server, so these runs are polled instead of followed.
  useEffect(() => {
    const timer = setInterval(() => {
      for (const id of training) if (!document.hidden) void openRun(id).metrics().refresh();
    }, interval);
    return () => clearInterval(timer);
  }, [training.join()]);
  const opened = runs.map(({ id }) => openRun(id));
  const tables = opened.map((run) => run.metrics().value.value);
  const failed = tables.find((table) => table.state === "failed");
  if (failed?.state === "failed") return <Problem reason={failed.reason} />;
  if (tables.some((table) => table.state === "loading")) return <Waiting what="metrics" />;
  const series = tables.map((table) => (table.state === "ready" ? table.value.series : []));
  const offered = namesOf(series);
  const chosen = chosenMetrics(offered);
  return (
    <section>
      <h2>Compared</h2>
      <fieldset class="chips" aria-label="Metrics">
        {offered.map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={chosen.includes(name)}
            onClick={() => choose({ metrics: toggled(chosen, name) })}
          >
            {name}
          </button>
        ))}
      </fieldset>
      <div class="grid">
        {chosen.map((name) => (
          <CurveCard key={name} figure={figureOf(name, runs, series)} />
        ))}
      </div>
      {runs.length > 1 && <Differences runs={runs} opened={opened} />}
    </section>
  );
}

function figureOf(
  name: string,
  runs: readonly RunEntry[],
  series: readonly (readonly MetricSeries[])[],
): CurveFigure {
  const [split = "", metric = ""] = partsOf(name);
  const curves = series.map((list, i) => {
    const found = list.find((entry) => nameOf(entry) === name);
    return { label: runs[i]!.name, points: found === undefined ? [] : pointsOf(found) };
  });
  const title = `${titleOf(metric)}, ${split}`;
  return { key: name, title, unit: unitOf(metric), curves, nonFinite: 0 };
}

interface DifferencesProps {
  readonly runs: readonly RunEntry[];
  readonly opened: readonly OpenRun[];
}

function Differences({ runs, opened }: DifferencesProps) {
  const views = opened.map((run) => run.view.value.value);
  const settings = views.map((view) => flatten(view.state === "ready" ? view.value.config : {}));
  if (views.some((view) => view.state === "loading")) return <Waiting what="settings" />;
  const paths = differing(settings);
  return (
    <>
      <h3 class="sub">Settings that differ</h3>
      {paths.length === 0 ? (
        <p class="none">None: these runs have the same configuration.</p>
      ) : (
        <ScrollArea name="Settings that differ">
          <table class="differences">
            <thead>
              <tr>
                <th>setting</th>
                {runs.map((run, i) => (
                  <th key={run.id}>
                    <span class="line" style={{ background: cssTheme.series[i] }} /> {run.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {paths.map((path) => (
                <tr key={path}>
                  <th>{path}</th>
                  {settings.map((each, i) => (
                    <td key={runs[i]!.id}>{each.get(path) ?? <span class="none">not set</span>}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollArea>
      )}
    </>
  );
}

/** Metrics with several steps in any of the runs; metrics of all runs come first. */
function namesOf(series: readonly (readonly MetricSeries[])[]): string[] {
  const counts = new Map<string, number>();
  for (const list of series) {
    for (const entry of list) {
      if (entry.steps.length < 2 || details.test(entry.name)) continue;
      counts.set(nameOf(entry), (counts.get(nameOf(entry)) ?? 0) + 1);
    }
  }
  const names = [...counts].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  return names.slice(0, mostOffered);
}

function chosenMetrics(offered: readonly string[]): string[] {
  const text = route.value.params.get("metrics");
  if (text === undefined) {
    const known = usual.filter((name) => offered.includes(name));
    return known.length > 0 ? known : offered.slice(0, 2);
  }
  return text.split(",").filter((name) => offered.includes(name));
}

function toggled(chosen: readonly string[], name: string): string {
  const next = chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name];
  return next.join(",");
}

function nameOf({ split, name }: Pick<MetricSeries, "split" | "name">): string {
  return `${split}/${name}`;
}

function partsOf(name: string): [string, string] {
  const at = name.indexOf("/");
  return [name.slice(0, at), name.slice(at + 1)];
}
