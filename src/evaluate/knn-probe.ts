/** Classifying samples as their nearest neighbours are. */
import { countRows, type Embeddings, forEachRow, largest } from "./similarity.ts";
import type { ClassScores } from "./zero-shot.ts";

export interface KnnOptions {
  /** `C` */
  readonly numClasses: number;
  /** Neighbours that vote, by default 20; all where there are fewer. */
  readonly k?: number;
  /** `T`, by default 0.07. */
  readonly temperature?: number;
}

/**
 * Votes of the `k` nearest known samples, each with weight `exp(cosine / T)` (Wu et al.,
 * arXiv:1805.01978, section 3.4; DINO, arXiv:2104.14294, uses `k = 20` and `T = 0.07`). Votes are
 * relative to that of the nearest, so that no temperature overflows.
 *
 * @param known `[M, P]`
 * @param labels classes of the known samples, `[M]`
 * @param queries `[N, P]`
 * @returns the sum of votes for each class, `[N, C]`
 */
export function knnVotes(
  known: Embeddings,
  labels: ArrayLike<number>,
  queries: Embeddings,
  { numClasses, k = 20, temperature = 0.07 }: KnnOptions,
): ClassScores {
  if (!Number.isInteger(k) || k < 1 || !(temperature > 0)) {
    throw new RangeError(
      `neighbours vote with k a whole number >= 1 and a temperature above 0, got k ${k} and temperature ${temperature}`,
    );
  }
  if (labels.length !== countRows(known) || labels.length === 0) {
    throw new RangeError(
      `neighbours need a label each, got ${countRows(known)} rows and ${labels.length} labels`,
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
