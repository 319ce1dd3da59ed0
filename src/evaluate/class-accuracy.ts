/** Classification accuracy. */
import { largest } from "./similarity.ts";
import type { ClassScores } from "./zero-shot.ts";

export interface ClassAccuracy {
  /** Fraction of samples whose class has the highest score; ties go to the earlier class. */
  readonly accuracy: number;
  /**
   * Fraction of samples whose class is among the five highest; only if there are more than five
   * classes.
   */
  readonly top5?: number;
  /** Sample counts by true class (rows) and predicted class (columns), `[C, C]`. */
  readonly confusion: readonly (readonly number[])[];
  /** Accuracy per class; null for a class without samples. */
  readonly perClass: readonly (number | null)[];
}

/**
 * Accuracy of class scores.
 *
 * @param labels class of each sample, `[N]`
 * @throws RangeError without samples, or if the labels do not fit the scores
 * @example
 */
export function classAccuracy(
  { numClasses, data }: ClassScores,
  labels: ArrayLike<number>,
): ClassAccuracy {
  const numSamples = data.length / numClasses;
  if (labels.length !== numSamples || numSamples === 0) {
    throw new RangeError(
      `accuracy needs one label per sample and at least one sample, got ${labels.length} labels and ${numSamples} samples`,
    );
  }
  const confusion = Array.from({ length: numClasses }, () => new Array<number>(numClasses).fill(0));
  let among5 = 0;
  for (let n = 0; n < numSamples; n++) {
    const label = labels[n]!;
    if (!(label in confusion)) {
      throw new RangeError(`sample ${n} has label ${label}; labels must be 0 to ${numClasses - 1}`);
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
