import { UserError, usageError } from "../../graph/errors.ts";
import type { LabelledRow } from "./labelled-rows.ts";

const maxInferredClasses = 1000;

/**
 * The distinct labels of rows: sorted by value if all are numbers, otherwise by code unit.
 *
 * @throws UserError (exit code 2) for too many different labels
 */
export function inferLabels(rows: readonly LabelledRow[], name: string): string[] {
  const labels = new Set<string>();
  for (const { label, line } of rows) {
    labels.add(label);
    if (labels.size > maxInferredClasses) {
      throw usageError(
        `${name}:${line}: more than ${maxInferredClasses} different labels so far; check the label column, or list the labels`,
      );
    }
  }
  const all = [...labels];
  const numeric = all.every((label) => label !== "" && Number.isFinite(Number(label)));
  return all.sort((a, b) => (numeric && Number(a) - Number(b)) || (a < b ? -1 : 1));
}

/**
 * The class of each row: its label's position in `labels`.
 *
 * @throws UserError for an unlisted label
 */
export function classIndices(
  rows: readonly LabelledRow[],
  labels: readonly string[],
  name: string,
): Uint16Array {
  const indices = new Map(labels.map((label, index) => [label, index]));
  return Uint16Array.from(rows, ({ label, line }) => {
    const index = indices.get(label);
    if (index !== undefined) return index;
    const known = labels.slice(0, 20).join(", ") + (labels.length > 20 ? ", …" : "");
    throw new UserError(
      `${name}:${line}: label ${JSON.stringify(label)} is none of the ${labels.length} labels ${known}`,
    );
  });
}
