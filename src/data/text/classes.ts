/** Classes of texts from the labels in files. */

import { UserError, usageError } from "../../graph/errors.ts";
import type { DataReport } from "../data-report.ts";
import type { LabelledRow } from "./labelled-rows.ts";

type Labelled = Pick<LabelledRow, "label" | "source">;

const maxInferredClasses = 1000;
const manyNumbers = 40;

/** Whole numbers with and without zero decimals are one label: `1.0` is `1`. */
function canonical(label: string): string {
  return label.replace(/^([+-]?\d+)\.0+$/, "$1");
}

const isNumber = (label: string): boolean => label !== "" && Number.isFinite(Number(label));

/** The different labels of rows: sorted by value if all are numbers, else by code unit. */
export function inferLabels(rows: readonly Labelled[]): string[] {
  const labels = new Map<string, string>();
  for (const { label, source } of rows) {
    const one = canonical(label);
    const before = labels.get(one);
    if (before === undefined) labels.set(one, label);
    else if (before !== label) labels.set(one, one);
    if (labels.size > maxInferredClasses) {
      throw usageError(
        `${source}: more than ${maxInferredClasses} different labels so far; check the label column, or list the labels`,
      );
    }
  }
  const all = [...labels.values()];
  const numeric = all.every(isNumber);
  return all.sort((a, b) => (numeric && Number(a) - Number(b)) || (a < b ? -1 : 1));
}

/** The class of each row: its label's position in `labels`. */
export function classIndices(rows: readonly Labelled[], labels: readonly string[]): Uint16Array {
  const exact = new Map(labels.map((label, index) => [label, index]));
  const indices = new Map(labels.map((label, index) => [canonical(label), index]));
  return Uint16Array.from(rows, ({ label, source }) => {
    const index = exact.get(label) ?? indices.get(canonical(label));
    if (index !== undefined) return index;
    const known = labels.slice(0, 20).join(", ") + (labels.length > 20 ? ", …" : "");
    throw new UserError(
      `${source}: label ${JSON.stringify(label)} is none of the ${labels.length} labels ${known}`,
    );
  });
}

/** Doubts labels that are one class, or that look like scores. */
export function warnOfLabels(labels: readonly string[], given: boolean, report: DataReport): void {
  if (labels.length === 1) {
    report.warn(`all labels are ${labels[0]}: with one class there is nothing to learn`);
  }
  if (given || labels.length < 3 || !labels.every(isNumber)) return;
  const numbers = labels.map(Number);
  const isFraction = numbers.some((number) => !Number.isInteger(number));
  const isGapless = numbers.at(-1)! - numbers[0]! === numbers.length - 1;
  if (!isFraction && (isGapless || numbers.length < manyNumbers)) return;
  report.warn(
    `the labels are ${labels.length} different numbers from ${labels[0]} to ${labels.at(-1)}, which look like scores and are learnt as unordered classes; group them into classes, or list them with data.labels`,
  );
}

/** Doubts texts that are empty. */
export function warnOfTexts(rows: readonly LabelledRow[], report: DataReport): void {
  const empty = rows.filter(({ text }) => text.trim() === "");
  if (empty.length === 0) return;
  const number = empty.length === rows.length ? "all" : empty.length;
  report.warn(
    `${number} of ${rows.length} texts are empty; the first: ${empty[0]!.source}; check data.columns.text`,
  );
}
