/**
 * Association of two labellings of the same items: experts with classes, modalities or attributes.
 */

import { entropy, fractions } from "./distribution.ts";

/** Counts of pairs, `[R, C]`: rows are labels, columns are experts. */
export type ContingencyTable = readonly (readonly number[])[];

/** Measures of association of a contingency table. */
export interface Association {
  /** Number of counted pairs. */
  readonly count: number;
  /** `I = sum p_rc log(p_rc / (p_r p_c))`, in nats. */
  readonly mutualInformation: number;
  /**
   * Mutual information divided by a mean of the two entropies, 0 (independent) to 1 (one to one).
   */
  readonly normalizedMutualInformation: number;
  /** `sum (observed - expected)^2 / expected`, without continuity correction. */
  readonly chiSquare: number;
  /** `(R - 1)(C - 1)` over the non-empty rows and columns. */
  readonly degreesOfFreedom: number;
  /** `sqrt(chiSquare / (n (min(R, C) - 1)))`, 0 to 1, over the non-empty rows and columns. */
  readonly cramersV: number;
}

export interface AssociationOptions {
  /**
   * The mean of the two entropies that normalises the mutual information: `arithmetic` (default, as
   * in scikit-learn), `geometric`, `min` or `max`.
   */
  readonly normalization?: "arithmetic" | "geometric" | "min" | "max";
}

export interface ContingencySizes {
  readonly numRows: number;
  readonly numColumns: number;
}

/**
 * Counts how often each pair of a row label and a column label occurs.
 *
 * Pairs with a label outside `0 ... size - 1` are skipped: dropped tokens have the expert
 * `numExperts`, and unlabelled items often -1.
 *
 * @param rows row label of each item, such as the class of each token
 * @param columns column label of each item, such as the first expert of each token
 * @throws RangeError if the two lengths differ
 */
export function contingencyTable(
  rows: ArrayLike<number | bigint>,
  columns: ArrayLike<number | bigint>,
  { numRows, numColumns }: ContingencySizes,
): number[][] {
  if (rows.length !== columns.length) {
    throw new RangeError(
      `a contingency table needs two labels per item, got ${rows.length} and ${columns.length}`,
    );
  }
  const table = Array.from({ length: numRows }, () => Array<number>(numColumns).fill(0));
  for (let i = 0; i < rows.length; i++) {
    const row = table[Number(rows[i])];
    const column = Number(columns[i]);
    if (row?.[column] !== undefined) row[column] += 1;
  }
  return table;
}

/**
 * Measures of association between rows and columns. All measures are 0 if fewer than two rows or
 * columns are non-empty.
 *
 * @example
 * association([[5, 0], [0, 5]]).cramersV // 1
 */
export function association(
  table: ContingencyTable,
  { normalization = "arithmetic" }: AssociationOptions = {},
): Association {
  const rowSums = table.map(total);
  const columnSums = (table[0] ?? []).map((_, c) => total(table.map((row) => row[c]!)));
  const count = total(rowSums);
  const numRows = rowSums.filter(Boolean).length;
  const numColumns = columnSums.filter(Boolean).length;
  let mutualInformation = 0;
  let chiSquare = 0;
  for (const [r, row] of table.entries()) {
    for (const [c, observed] of row.entries()) {
      const expected = (rowSums[r]! * columnSums[c]!) / count;
      if (!(expected > 0)) continue;
      chiSquare += (observed - expected) ** 2 / expected;
      if (observed > 0) mutualInformation += (observed / count) * Math.log(observed / expected);
    }
  }
  mutualInformation = Math.max(0, mutualInformation); // rounding may leave -1e-17
  const entropyOf = (counts: readonly number[]): number => entropy(fractions(counts, count));
  const scale = meanOf(normalization, entropyOf(rowSums), entropyOf(columnSums));
  const smaller = Math.min(numRows, numColumns) - 1;
  return {
    count,
    mutualInformation,
    normalizedMutualInformation: scale > 0 ? Math.min(1, mutualInformation / scale) : 0,
    chiSquare,
    degreesOfFreedom: Math.max(0, numRows - 1) * Math.max(0, numColumns - 1),
    cramersV: smaller > 0 ? Math.min(1, Math.sqrt(chiSquare / (count * smaller))) : 0,
  };
}

type Normalization = NonNullable<AssociationOptions["normalization"]>;

function meanOf(normalization: Normalization, a: number, b: number): number {
  if (normalization === "min") return Math.min(a, b);
  if (normalization === "max") return Math.max(a, b);
  return normalization === "geometric" ? Math.sqrt(a * b) : (a + b) / 2;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
