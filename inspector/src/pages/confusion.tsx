/** Confusion matrix with samples of every cell. */

import type { ConfusionSample } from "moesaic/inspect";
import { confusionChart, formatCount, formatPercent } from "moesaic/report/browser";
import { useMemo } from "preact/hooks";
import { Chart } from "../components/chart.tsx";
import { Picture } from "../components/picture.tsx";
import { Empty } from "../components/states.tsx";
import { className } from "../data/pictures.ts";
import type { StoredRecord } from "../data/record.ts";
import { choose, route } from "../route.ts";
import type { RecordPageProps } from "./record-page.ts";

interface Cell {
  readonly actual: number;
  readonly predicted: number;
}

export function ConfusionPage({ record }: RecordPageProps) {
  const { confusion = [], classNames } = record;
  const chosen = cellOf(confusion.length);
  const onCell = useMemo(
    () => (actual: number, predicted: number) =>
      choose({ cell: `${actual}-${predicted}` }, { keep: true }),
    [],
  );
  if (confusion.length === 0) {
    return <Empty>This model does not predict classes, so it has no confusion matrix.</Empty>;
  }
  return (
    <>
      <p class="lede">
        Rows are true classes, columns are predicted classes, in percent of the row. Choose a cell
        to see its samples.
      </p>
      <div class="confusion" style={{ "--matrix": `${64 * confusion.length + 210}px` }}>
        <div class="card">
          <Chart
            height={220}
            widest={780}
            of={[confusion, classNames, chosen?.actual, chosen?.predicted]}
            draw={(width) =>
              confusionChart(confusion, classNames, {
                document,
                width,
                label: `Confusion matrix of ${confusion.length} classes`,
                onCell,
                ...(chosen && { chosen: [chosen.actual, chosen.predicted] as const }),
              })
            }
          />
        </div>
        <div class="aside">
          {chosen !== undefined && <CellCard record={record} cell={chosen} />}
          <Mistakes record={record} confusion={confusion} />
        </div>
      </div>
    </>
  );
}

/** The selected cell; default: the most frequent mistake. */
function cellOf(size: number): Cell | undefined {
  const [actual, predicted] = (route.value.params.get("cell") ?? "").split("-").map(Number);
  const valid = (value: number | undefined): value is number =>
    value !== undefined && Number.isInteger(value) && value >= 0 && value < size;
  return valid(actual) && valid(predicted) ? { actual, predicted } : undefined;
}

function CellCard({ record, cell }: { readonly record: StoredRecord; readonly cell: Cell }) {
  const { actual, predicted } = cell;
  const row = record.confusion![actual]!;
  const value = row[predicted] ?? 0;
  const total = row.reduce((sum, each) => sum + each, 0);
  const samples = samplesOf(record, cell);
  return (
    <div class="card" aria-live="polite">
      <h3>
        {className(record, actual)} <span class="note">predicted as</span>{" "}
        <span class={actual === predicted ? "right" : "wrong"}>{className(record, predicted)}</span>
      </h3>
      <p class="note">
        {formatCount(value)} of {formatCount(total)}
        {total > 0 && ` (${formatPercent(value / total)})`}
        {value > samples.length && samples.length > 0 && `, ${samples.length} shown`}
      </p>
      {samples.length === 0 ? (
        <p class="none">
          {value === 0 ? "This cell is empty." : "No sample of this cell was recorded."}
        </p>
      ) : (
        <div class="cell-samples">
          {samples.map((sample, i) => (
            <Sample key={i} sample={sample} name={className(record, actual)} />
          ))}
        </div>
      )}
    </div>
  );
}

function Sample({ sample, name }: { readonly sample: ConfusionSample; readonly name: string }) {
  if (sample.image !== undefined) return <Picture image={sample.image} alt={name} width={84} />;
  return <p class="sample-text">{sample.text}</p>;
}

/** Recorded samples of a cell: samples of the matrix, else the predictions of the report. */
function samplesOf(record: StoredRecord, { actual, predicted }: Cell): ConfusionSample[] {
  const own = (record.confusionSamples ?? []).filter(
    (sample) => sample.label === actual && sample.predicted === predicted,
  );
  if (own.length > 0) return own;
  return (record.predictions ?? []).filter(
    (entry) => entry.label === actual && entry.predicted === predicted,
  );
}

interface MistakesProps {
  readonly record: StoredRecord;
  readonly confusion: readonly (readonly number[])[];
}

function Mistakes({ record, confusion }: MistakesProps) {
  const pairs = confusion
    .flatMap((row, actual) => row.map((value, predicted) => ({ actual, predicted, value })))
    .filter(({ actual, predicted, value }) => actual !== predicted && value > 0)
    .sort((a, b) => b.value - a.value)
    .slice(0, 10);
  return (
    <div class="card">
      <h3>Most frequent mistakes</h3>
      {pairs.length === 0 ? (
        <p class="none">None.</p>
      ) : (
        <table class="mistakes">
          <thead>
            <tr>
              <th>true class</th>
              <th>predicted</th>
              <th class="number">samples</th>
            </tr>
          </thead>
          <tbody>
            {pairs.map(({ actual, predicted, value }) => (
              <tr key={`${actual}-${predicted}`}>
                <td>
                  <button
                    type="button"
                    class="link"
                    onClick={() => choose({ cell: `${actual}-${predicted}` }, { keep: true })}
                  >
                    {className(record, actual)}
                  </button>
                </td>
                <td>{className(record, predicted)}</td>
                <td class="number">{formatCount(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
