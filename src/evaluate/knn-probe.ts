/** k-nearest-neighbour classification. */
import { countRows, type Embeddings, forEachRow, largest } from "./similarity.ts";
import type { ClassScores } from "./zero-shot.ts";

export interface KnnOptions {
  /** Number of classes, `C`. */
  readonly numClasses: number;
  /** Number of neighbours that vote; all if there are fewer. Default 20. */
  readonly k?: number;
  /** Temperature `T`. Default 0.07. */
  readonly temperature?: number;
}

/**
 * Votes of the `k` nearest known samples with weight `exp(cosine / T)` (Wu et al.,
 * arXiv:1805.01978, section 3.4; DINO, arXiv:2104.14294, uses `k = 20` and `T = 0.07`). Votes are
 * scaled by the nearest neighbour's, so that no temperature overflows.
 *
 * @param known `[M, P]`
 * @param labels classes of the known samples, `[M]`
 * @param queries `[N, P]`
 * @returns the sum of votes for each class, `[N, C]`
 * @throws RangeError if an option is out of range or the number of labels differs
 */
export function knnVotes(
  known: Embeddings,
  labels: ArrayLike<number>,
  queries: Embeddings,
  { numClasses, k = 20, temperature = 0.07 }: KnnOptions,
): ClassScores {
  if (!Number.isInteger(k) || k < 1 || !(temperature > 0)) {
    throw new RangeError(
      `k must be a whole number >= 1 and the temperature above 0, got k ${k} and temperature ${temperature}`,
    );
  }
  if (labels.length !== countRows(known) || labels.length === 0) {
    throw new RangeError(
      `k-NN needs one label per known row, got ${countRows(known)} rows and ${labels.length} labels`,
    );
  }
  const votes = new Float64Array(countRows(queries) * numClasses);
  forEachRow(queries, known, (row, cosines) => {
    const nearest = largest(cosines, k);
    const most = cosines[nearest[0]!]!;
    for (const other of nearest) {
      votes[row * numClasses + labels[other]!]! += Math.exp((cosines[other]! - most) / temperature);
    }
  });
  return { numClasses, data: votes };
}
