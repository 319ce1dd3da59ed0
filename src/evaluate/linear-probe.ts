/**
 * Linear probe: logistic regression on frozen embeddings.
 *
 * Axes: `N` samples, `C` classes, `P` width of the embeddings.
 */

import { type MinimizeOptions, minimize } from "../optim/lbfgs.ts";
import { classAccuracy } from "./class-accuracy.ts";
import { countRows, type Embeddings } from "./similarity.ts";
import type { ClassScores } from "./zero-shot.ts";

export interface LabelledEmbeddings {
  readonly embeddings: Embeddings; // [N, P]
  readonly labels: ArrayLike<number>; // [N]
}

export interface LogisticRegressionOptions extends MinimizeOptions {
  /** Number of classes, `C`. */
  readonly numClasses: number;
  /** Strength of the L2 penalty. Default 1. */
  readonly l2?: number;
  /** Initial classifier; one of a similar strength saves time. */
  readonly start?: LinearClassifier;
}

export interface LinearClassifier {
  readonly numClasses: number;
  /** Weights, `[C, P]`. */
  readonly weights: Float64Array;
  /** Biases, `[C]`. */
  readonly bias: Float64Array;
  readonly converged: boolean;
}

/**
 * Multinomial logistic regression: minimises
 * `(1 / N) (sum_n crossEntropy(W x_n + b, y_n) + l2 / 2 |W|^2)`.
 *
 * It equals scikit-learn's `LogisticRegression` with `C = 1 / l2`; two classes have one row each.
 *
 * @throws RangeError if the number of labels differs or a label is out of range
 */
export function logisticRegression(
  { embeddings, labels }: LabelledEmbeddings,
  { numClasses, l2 = 1, start, ...options }: LogisticRegressionOptions,
): LinearClassifier {
  checkLabels(embeddings, labels, numClasses);
  const { width } = embeddings;
  const split = numClasses * width; // Weights come before it, biases after it.
  const x = Float32Array.from(embeddings.data);
  const numSamples = labels.length;
  const logits = new Float64Array(numClasses);
  const objective = (at: Float64Array, gradient: Float64Array): number => {
    gradient.fill(0);
    let total = 0;
    for (let n = 0; n < numSamples; n++) {
      const row = n * width;
      total += softmaxLoss(at, x, row, width, labels[n]!, logits);
      for (let c = 0; c < numClasses; c++) {
        const error = logits[c]!;
        const place = c * width;
        for (let p = 0; p < width; p++) gradient[place + p]! += error * x[row + p]!;
        gradient[split + c]! += error;
      }
    }
    for (let w = 0; w < split; w++) {
      total += 0.5 * l2 * at[w]! ** 2;
      gradient[w]! += l2 * at[w]!;
    }
    for (let w = 0; w < gradient.length; w++) gradient[w]! /= numSamples;
    return total / numSamples;
  };
  const from = new Float64Array(split + numClasses);
  if (start !== undefined) {
    from.set(start.weights);
    from.set(start.bias, split);
  }
  const { x: found, converged } = minimize(objective, from, options);
  return { numClasses, weights: found.slice(0, split), bias: found.slice(split), converged };
}

/** `W x + b` of every row, `[N, C]`. */
export function linearLogits(
  { numClasses, weights, bias }: LinearClassifier,
  { width, data }: Embeddings,
): ClassScores {
  const result = new Float64Array((data.length / width) * numClasses);
  for (let at = 0; at < result.length; at++) {
    const c = at % numClasses;
    const row = ((at - c) / numClasses) * width;
    let sum = bias[c]!;
    for (let p = 0; p < width; p++) sum += weights[c * width + p]! * data[row + p]!;
    result[at] = sum;
  }
  return { numClasses, data: result };
}

export interface LinearProbe {
  readonly classifier: LinearClassifier;
  /** The selected strength. */
  readonly l2: number;
  /** All tried strengths with their validation accuracy, in order of strength. */
  readonly tried: readonly { readonly l2: number; readonly accuracy: number }[];
}

export interface LinearProbeOptions extends Omit<LogisticRegressionOptions, "l2" | "start"> {
  /** Progress callback with the number of tried strengths. */
  readonly onTried?: (done: number) => void;
}

/** Maximum number of strengths that a probe tries. */
export const maxStrengths = 15;

/**
 * Selects the L2 strength by validation accuracy, as CLIP does (arXiv:2103.00020, appendix A.3):
 * first 1e-6, 1e-4 ... 1e6, then ever closer to the best, down to eight steps per decade. Ties go
 * to the strongest penalty.
 *
 * @throws RangeError if the number of labels differs or a label is out of range
 */
export function linearProbe(
  training: LabelledEmbeddings,
  validation: LabelledEmbeddings,
  { onTried, ...options }: LinearProbeOptions,
): LinearProbe {
  // The strength at `place` is 10 ** (place / 8).
  const tried = new Map<number, { classifier: LinearClassifier; accuracy: number }>();
  const tryOut = (place: number): void => {
    if (tried.has(place) || Math.abs(place) > 48) return;
    const near = [...tried.keys()].sort((a, b) => Math.abs(a - place) - Math.abs(b - place))[0];
    const start = near === undefined ? undefined : tried.get(near)!.classifier;
    const l2 = 10 ** (place / 8);
    const classifier = logisticRegression(training, { ...options, l2, ...(start && { start }) });
    const scores = linearLogits(classifier, validation.embeddings);
    const { accuracy } = classAccuracy(scores, validation.labels);
    tried.set(place, { classifier, accuracy });
    onTried?.(tried.size);
  };
  const best = (): number =>
    [...tried].reduce((a, b) =>
      b[1].accuracy > a[1].accuracy || (b[1].accuracy === a[1].accuracy && b[0] > a[0]) ? b : a,
    )[0];
  // Strongest first: each classifier is a good start for the next.
  for (let place = 48; place >= -48; place -= 16) tryOut(place);
  for (let gap = 8; gap >= 1; gap /= 2) {
    const center = best();
    tryOut(center + gap);
    tryOut(center - gap);
  }
  const chosen = best();
  return {
    classifier: tried.get(chosen)!.classifier,
    l2: 10 ** (chosen / 8),
    tried: [...tried]
      .sort(([a], [b]) => a - b)
      .map(([place, { accuracy }]) => ({ l2: 10 ** (place / 8), accuracy })),
  };
}

/** The loss of one sample; writes `probability - target` of each class to `errors`. */
function softmaxLoss(
  parameters: Float64Array,
  x: Float32Array,
  row: number,
  width: number,
  label: number,
  errors: Float64Array,
): number {
  const numClasses = errors.length;
  let most = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < numClasses; c++) {
    let sum = parameters[numClasses * width + c]!;
    const place = c * width;
    for (let p = 0; p < width; p++) sum += parameters[place + p]! * x[row + p]!;
    errors[c] = sum;
    most = Math.max(most, sum);
  }
  const own = errors[label]!;
  let total = 0;
  for (let c = 0; c < numClasses; c++) {
    errors[c] = Math.exp(errors[c]! - most);
    total += errors[c]!;
  }
  for (let c = 0; c < numClasses; c++) errors[c]! /= total;
  errors[label]! -= 1;
  return Math.log(total) + most - own;
}

function checkLabels(embeddings: Embeddings, labels: ArrayLike<number>, numClasses: number): void {
  if (labels.length !== countRows(embeddings) || labels.length === 0) {
    throw new RangeError(
      `a linear probe needs one label per row, got ${countRows(embeddings)} rows and ${labels.length} labels`,
    );
  }
  const wrong = Array.from(labels).find((label) => !(label >= 0 && label < numClasses));
  if (wrong !== undefined) {
    throw new RangeError(`labels must be 0 to ${numClasses - 1}, got ${wrong}`);
  }
}
