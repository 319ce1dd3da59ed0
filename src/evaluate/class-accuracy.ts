/** How well scores tell classes apart. */
import { largest } from "./similarity.ts";
import type { ClassScores } from "./zero-shot.ts";

export interface ClassAccuracy {
  /** Fraction whose class has the highest score; of equal scores the earlier class counts. */
  readonly accuracy: number;
  /** Fraction whose class is among the five highest; only where there are more than five classes. */
  readonly top5?: number;
  /** Samples by true class (rows) and highest score (columns), `[C, C]`. */
  readonly confusion: readonly (readonly number[])[];
  /** Fraction of each class's samples that are right; null for a class without samples. */
  readonly perClass: readonly (number | null)[];
}

/**
 * Scores of samples against their classes.
 *
 * @param labels class of each sample, `[N]`
 * @example
 * classAccuracy({ numClasses: 2, data: Float64Array.of(1, 0, 1, 0) }, [0, 1]).accuracy // 0.5
 */
export function classAccuracy(
  { numClasses, data }: ClassScores,
  labels: ArrayLike<number>,
): ClassAccuracy {
  const numSamples = data.length / numClasses;
  if (labels.length !== numSamples || numSamples === 0) {
    throw new RangeError(
      `accuracy needs a label for each of at least one sample, got ${labels.length} labels of ${numSamples} samples`,
    );
  }
  const confusion = Array.from({ length: numClasses }, () => new Array<number>(numClasses).fill(0));
  let among5 = 0;
  for (let n = 0; n < numSamples; n++) {
    const label = labels[n]!;
    if (!(label in confusion)) {
      throw new RangeError(`sample ${n} has label ${label}; labels are 0 to ${numClasses - 1}`);
    }
    const best = largest(data.subarray(n * numClasses, (n + 1) * numClasses), 5);
    confusion[label]![best[0]!]! += 1;
    if (best.includes(label)) among5 += 1;
  }
  const perClass = confusion.map((row, c) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return total === 0 ? null : row[c]! / total;
  });
  const right = confusion.reduce((sum, row, c) => sum + row[c]!, 0);
  return {
    accuracy: right / numSamples,
    ...(numClasses > 5 && { top5: among5 / numSamples }),
    confusion,
    perClass,
  };
}
