/** Association of experts with modality, class, domain or attributes. */
import { type LabelRouting, type LayerRouting, modalityShares } from "moesaic/inspect";
import {
  associationDotsChart,
  cssTheme,
  labelMapChart,
  modalitySharesChart,
} from "moesaic/report/browser";
import { BalanceLegend } from "../components/balance-legend.tsx";
import { Chart } from "../components/chart.tsx";
import { Choice } from "../components/controls.tsx";
import type { StoredRecord } from "../data/record.ts";
import { choose, route } from "../route.ts";

/** Labels with more values are skipped, as in reports. */
const mostValues = 128;

interface LayerLabelsProps {
  readonly record: StoredRecord;
  readonly entry: LayerRouting;
}

export function LayerLabels({ record, entry }: LayerLabelsProps) {
  const labels = (entry.labels ?? []).filter(({ values }) => values.length <= mostValues);
  const name = route.value.params.get("label");
  const chosen = labels.find(({ label }) => label === name) ?? labels[0];
  if (chosen === undefined) return null;
  const { label, association } = chosen;
  const byModality = label === "modality" && chosen.values.length > 1;
  return (
    <>
      <div class="labels-bar">
        <h3>Experts by label</h3>
        <Choice
          label="By"
          value={label}
          options={labels.map((each) => ({ value: each.label, label: each.label }))}
          onChange={(value) => choose({ label: value })}
        />
      </div>
      <div class="halves">
        <figure class="card">
          <h3>
            Experts by {label} <small>{unit(chosen, byModality)}</small>
          </h3>
          {byModality ? <Modalities values={chosen.values} /> : <BalanceLegend />}
          <Chart
            height={byModality ? 276 : 46 + 24 * chosen.values.length}
            widest={760}
            of={[chosen]}
            draw={(width) => drawLabel(chosen, byModality, entry.layer, width)}
          />
          <figcaption>
            Normalised mutual information {association.normalizedMutualInformation.toFixed(3)},
            Cramér’s V {association.cramersV.toFixed(3)}: 0 is unrelated, 1 is one to one.
          </figcaption>
        </figure>
        <figure class="card">
          <h3>
            Association with each label <small>Cramér’s V</small>
          </h3>
          <Chart
            height={26 * labels.length + 44}
            widest={620}
            of={[labels]}
            draw={(width) =>
              associationDotsChart(labels, {
                document,
                width,
                label: `Cramér's V of experts and labels in ${entry.layer}`,
              })
            }
          />
          {record.domains !== undefined && (
            <figcaption>
              Over held-out images of all domains; rings are the values within one domain.
            </figcaption>
          )}
        </figure>
      </div>
    </>
  );
}

function drawLabel(
  labelled: LabelRouting,
  byModality: boolean,
  layer: string,
  width: number,
): SVGSVGElement {
  const options = { document, width, label: `Experts by ${labelled.label} in ${layer}` };
  return byModality
    ? modalitySharesChart(modalityShares(labelled), options)
    : labelMapChart(labelled.counts, labelled.values, options);
}

function unit({ label, modality }: LabelRouting, byModality: boolean): string {
  if (byModality) return "percent of the tokens of each expert";
  return `percent of each ${label}${modality === "image" ? ", image tokens only" : ""}`;
}

function Modalities({ values }: { readonly values: readonly string[] }) {
  return (
    <ul class="legend">
      {values.map((value, m) => (
        <li key={value}>
          <span
            class="swatch small"
            style={{ background: cssTheme.series[m % cssTheme.series.length] }}
          />
          {value}
        </li>
      ))}
    </ul>
  );
}
