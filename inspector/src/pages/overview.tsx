/** One run: curves, settings and checkpoints. */
import type { RunView } from "moesaic/inspect";
import { loadOverTimeChart } from "moesaic/report/browser";
import { Chart } from "../components/chart.tsx";
import { CurveCard } from "../components/curve-card.tsx";
import { Empty, WhenReady } from "../components/states.tsx";
import { type CurveFigure, curveGroups, type LoadFigure } from "../data/curve-groups.ts";
import type { OpenRun } from "../data/runs.ts";
import { Checkpoints, Configuration } from "./overview-details.tsx";
import { Summary } from "./overview-summary.tsx";

interface OverviewPageProps {
  readonly run: OpenRun;
  readonly view: RunView;
}

export function OverviewPage({ run, view }: OverviewPageProps) {
  return (
    <>
      {view.problems.map((problem) => (
        <p key={problem} class="card warning">
          {problem}
        </p>
      ))}
      <Summary view={view} />
      <WhenReady of={run.metrics()} what="metrics">
        {(table) => {
          const { scores, training, routing, loads } = curveGroups(table, view.predictsTokens);
          if (table.series.length === 0) {
            return <Empty>No metric is logged yet. Curves appear here during training.</Empty>;
          }
          return (
            <>
              {table.badLines > 0 && (
                <p class="card warning">
                  {table.badLines} lines of metrics.jsonl could not be read.
                </p>
              )}
              <Curves title="Scores" figures={scores} />
              <Curves title="Training" figures={training} />
              <Curves title="Routing" hint="one line per layer" figures={routing} />
              <Loads figures={loads} />
            </>
          );
        }}
      </WhenReady>
      <div class="details">
        <Checkpoints view={view} />
        <Configuration view={view} />
      </div>
    </>
  );
}

interface CurvesProps {
  readonly title: string;
  readonly hint?: string;
  readonly figures: readonly CurveFigure[];
}

function Curves({ title, hint, figures }: CurvesProps) {
  if (figures.length === 0) return null;
  return (
    <section>
      <h2>
        {title} {hint !== undefined && <small>{hint}</small>}
      </h2>
      <div class="grid">
        {figures.map((figure) => (
          <CurveCard key={figure.key} figure={figure} />
        ))}
      </div>
    </section>
  );
}

function Loads({ figures }: { readonly figures: readonly LoadFigure[] }) {
  if (figures.length === 0) return null;
  return (
    <section>
      <h2>
        Expert balance <small>share of all assignments, expert 0 at the bottom</small>
      </h2>
      <div class="grid">
        {figures.map(({ layer, loads }) => (
          <figure key={layer} class="card">
            <h3>{layer}</h3>
            <Chart
              height={220}
              widest={760}
              of={[...loads]}
              draw={(width) =>
                loadOverTimeChart(loads, {
                  document,
                  width,
                  label: `Share of each expert of ${layer} over steps`,
                })
              }
            />
          </figure>
        ))}
      </div>
    </section>
  );
}
