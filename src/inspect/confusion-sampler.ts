/** Chooses samples to show for each cell of a confusion matrix. */

/** A sample of a split with its true and predicted class. */
export interface PredictedSample {
  readonly label: number;
  readonly predicted: number;
  /** Index in the split. */
  readonly index: number;
}

export interface ConfusionSampler {
  add(sample: PredictedSample): void;
  /**
   * Samples in round-robin order: the first of every cell, then the second of every cell, up to the
   * limit.
   */
  samples(): PredictedSample[];
}

/**
 * Keeps the first `perCell` samples of every cell, and `limit` samples in total.
 *
 * If the limit is reached, no cell gets a second sample before every cell has one.
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
