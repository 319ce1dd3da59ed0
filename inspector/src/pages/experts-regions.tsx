/** Decision regions of a mixture of classifiers, and the territory of each expert. */
import type { DecisionRegions } from "moesaic/inspect";
import { classLooks, formatPercent, planeChart, regionPlanes } from "moesaic/report/browser";
import { Chart } from "../components/chart.tsx";
import { Swatch } from "../components/expert-legend.tsx";
import { ScrollArea } from "../components/scroll-area.tsx";
import { className } from "../data/pictures.ts";
import type { StoredRecord } from "../data/record.ts";

interface RegionsProps {
  readonly record: StoredRecord;
  readonly regions: DecisionRegions;
}

export function Regions({ record, regions }: RegionsProps) {
  const { classNames } = record;
  const { axes, numExperts, scores } = regions;
  return (
    <>
      <p class="lede">
        The plane of {axes[0]} and {axes[1]}, with all other features zero. An expert’s territory is
        where its gate is the largest; points are samples of the test split.
      </p>
      <div class="grid">
        {regionPlanes(regions, classNames).map(({ title, label, of, plane, note }) => (
          <figure key={title} class="card">
            <h3>{title}</h3>
            <ul class="legend">
              {of === "classes"
                ? classLooks(numExperts, classNames).map(({ name, fill, sign }) => (
                    <li key={name}>
                      <span style={{ color: fill }} aria-hidden="true">
                        {sign}
                      </span>{" "}
                      {name}
                    </li>
                  ))
                : Array.from({ length: numExperts }, (_, expert) => (
                    <li key={expert}>
                      <Swatch expert={expert} />
                    </li>
                  ))}
            </ul>
            <Chart
              height={340}
              widest={560}
              of={[regions]}
              draw={(width) => planeChart(regions, plane, { document, width, label })}
            />
            {note !== undefined && <figcaption>{note}</figcaption>}
          </figure>
        ))}
      </div>
      <h3 class="sub">
        Accuracy of experts and mixture by class <small>test split</small>
      </h3>
      <ScrollArea name="Accuracy by class">
        <table>
          <thead>
            <tr>
              <th>classifier</th>
              {classNames.map((name, c) => (
                <th key={name} class="number">
                  class {className(record, c)}
                </th>
              ))}
              <th class="number">all</th>
            </tr>
          </thead>
          <tbody>
            {scores.map(({ name, byClass, accuracy }) => (
              <tr key={name}>
                <td>{name}</td>
                {byClass.map((share, c) => (
                  <td key={c} class="number">
                    {formatPercent(share)}
                  </td>
                ))}
                <td class="number">{formatPercent(accuracy)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollArea>
    </>
  );
}
