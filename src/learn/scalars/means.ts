/** Scalars of several batches, added up as sums and weights. */

/** Where the outputs of a graph have a term of a scalar, and its weight. */
export interface TermOutputs {
  /** The output that holds the mean of a batch. */
  readonly value: string;
  /** The output that holds its weight. Absent: the number of samples of the batch. */
  readonly weight?: string;
}

/** The terms of each scalar, by its name; their means add up to the mean of the scalar. */
export type ScalarTerms = ReadonlyMap<string, readonly TermOutputs[]>;

/** Sums and weights, to which batches are added. */
export interface Means {
  /**
   * @param read the value of an output
   * @param samples of the batch
   */
  add(read: (output: string) => number, samples: number): void;
  /** The means over all batches so far; 0 for those over nothing. */
  result(): Record<string, number>;
}

interface Sum {
  sum: number;
  weight: number;
}

/**
 * Adds up `weight * mean` and `weight` of every term, and divides once, at the end.
 *
 * No example: evaluation and accumulation read their scalars by it.
 */
export function createMeans(terms: ScalarTerms): Means {
  const sums = new Map([...terms].map(([name, each]) => [name, each.map(emptySum)]));
  let batches = 0;
  let only: Record<string, number> = {};
  return {
    add(read, samples) {
      batches += 1;
      only = Object.fromEntries([...terms.keys()].map((name) => [name, read(name)]));
      for (const [name, each] of terms) {
        for (const [i, output] of each.entries()) {
          const weight = output.weight === undefined ? samples : read(output.weight);
          const total = sums.get(name)![i]!;
          total.sum += read(output.value) * weight;
          total.weight += weight;
        }
      }
    },
    result: () =>
      // The graph has added up the terms of a single batch already, in its own precision.
      batches === 1
        ? only
        : Object.fromEntries([...sums].map(([name, each]) => [name, each.reduce(addMean, 0)])),
  };
}

function emptySum(): Sum {
  return { sum: 0, weight: 0 };
}

function addMean(total: number, { sum, weight }: Sum): number {
  return total + (weight === 0 ? 0 : sum / weight);
}

/** The outputs that terms are read from. */
export function outputsOfTerms(terms: ScalarTerms): string[] {
  const each = [...terms.values()].flat();
  return [...new Set(each.flatMap(({ value, weight }) => (weight ? [value, weight] : [value])))];
}
