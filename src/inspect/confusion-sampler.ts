/** Chooses what to show of each cell of a confusion matrix. */

/** A sample of a split, its class and what it was taken for. */
export interface PredictedSample {
  readonly label: number;
  readonly predicted: number;
  /** Place in its split. */
  readonly index: number;
}

export interface ConfusionSampler {
  add(sample: PredictedSample): void;
  /** The first of every cell, then the second of every cell, and so on until the limit. */
  samples(): PredictedSample[];
}

/**
 * Keeps the first `perCell` samples of every cell, `limit` in all.
 *
 * Where that is too many, every cell has one before any has two.
 */
export function confusionSampler({ perCell = 3, limit = 300 } = {}): ConfusionSampler {
  const cells = new Map<string, PredictedSample[]>();
  return {
    add(sample) {
      const key = `${sample.label} ${sample.predicted}`;
      const cell = cells.get(key) ?? [];
      cells.set(key, cell);
      if (cell.length < perCell) cell.push(sample);
    },
    samples() {
      const ranks = Array.from({ length: perCell }, (_, rank) =>
        [...cells.values()].flatMap((cell) => cell[rank] ?? []),
      );
      return ranks.flat().slice(0, limit);
    },
  };
}
