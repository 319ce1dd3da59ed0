/** A chart of a few curves with its legend; its size does not change as the curves grow. */
import { curveChart, curveLegend, suitsLogAxis } from "moesaic/report/browser";
import type { CurveFigure } from "../data/curve-groups.ts";
import { Chart } from "./chart.tsx";

export function CurveCard({ figure }: { readonly figure: CurveFigure }) {
  const { title, unit, curves, note, nonFinite } = figure;
  const log = unit === "number" && suitsLogAxis(curves);
  const label = `${title} over steps: ${curves.map((curve) => curve.label).join(", ")}`;
  return (
    <figure class="card curve">
      <h3>
        {title} {log && <small>logarithmic</small>}
      </h3>
      <ul class="legend">
        {curveLegend(curves, unit).map(({ label: name, value, color }) => (
          <li key={name} title="last value">
            <span class="line" style={{ background: color }} />
            {name} <b>{value}</b>
          </li>
        ))}
      </ul>
      <Chart
        height={220}
        widest={760}
        of={[unit, ...curves.map(({ points }) => points)]}
        draw={(width) => curveChart(curves, { document, width, unit, label })}
      />
      {(note !== undefined || nonFinite > 0) && (
        <figcaption>
          {note} {nonFinite > 0 && `${nonFinite} values are not finite and not drawn.`}
        </figcaption>
      )}
    </figure>
  );
}
