/** Observations of a training run, and warnings about them. */
import type { NdArray } from "../../graph/array.ts";

/** The observation of one update. */
export interface Observation {
  /** Number of updates so far, including this one. */
  readonly step: number;
  /** Logged values, such as `loss`. */
  readonly scalars: Readonly<Record<string, number>>;
  /** Number of samples that the loss compares with each other. */
  readonly samples: number;
  /**
   * Number of samples that share their caption with another; a mean if an update compares several
   * times.
   */
  readonly repeatedCaptions: number;
}

/** A problem of a run that its settings or data can fix. */
export interface Warning {
  /** Identifies the warning; one word. */
  readonly kind: string;
  readonly message: string;
}

/** Checks the last updates, oldest first and at most {@link WINDOW}. */
export type Diagnose = (history: readonly Observation[]) => readonly Warning[];

/** Number of updates that a warning averages over, so that a single batch raises none. */
export const WINDOW = 20;

/** Number of rows in the arrays, `[B, L]` each, that equal another row of any array. */
export function countRepeatedRows(arrays: readonly NdArray[]): number {
  const seen = new Map<string, number>();
  for (const { shape, data } of arrays) {
    const [rows = 0] = shape;
    const bytes = data.byteLength / rows;
    for (let row = 0; row < rows; row++) {
      const text = Buffer.from(data.buffer, data.byteOffset + row * bytes, bytes).toString(
        "latin1",
      );
      seen.set(text, (seen.get(text) ?? 0) + 1);
    }
  }
  return [...seen.values()].reduce((sum, times) => sum + (times > 1 ? times : 0), 0);
}
