/** What a run shows while it trains, and what it is told about that. */
import type { NdArray } from "../../graph/array.ts";

/** What one update showed. */
export interface Observation {
  /** Updates done with it. */
  readonly step: number;
  /** Logged values, such as `loss`. */
  readonly scalars: Readonly<Record<string, number>>;
  /** Samples that the loss compares with each other. */
  readonly samples: number;
  /** Those of them whose caption another one has too; a mean where an update compares several times. */
  readonly repeatedCaptions: number;
}

/** Something that a run shows and that its settings or data can mend. */
export interface Warning {
  /** Tells apart what is warned of; one word. */
  readonly kind: string;
  readonly message: string;
}

/** Judges the last updates, of which there are at most {@link WINDOW}, the newest last. */
export type Diagnose = (history: readonly Observation[]) => readonly Warning[];

/** Updates that a warning is judged by, so that one odd batch raises none. */
export const WINDOW = 20;

/** Rows of the arrays, `[B, L]` each, that equal another row of any of them. */
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
