/**
 * Zero-shot image classification by class names, with an image-text model trained without class
 * labels (CLIP, arXiv:2103.00020, sections 3.1.2 to 3.1.4).
 *
 * Axes: `N` images, `C` classes, `T` templates, `P` width of the shared space.
 */
import { usageError } from "../graph/errors.ts";
import { countRows, type Embeddings, forEachRow, normalizeRows } from "./similarity.ts";

/** Placeholder for the class name in a template. */
const PLACE = "{}";

/**
 * Prompts of the classes: every template for each class, `[C * T]`.
 *
 * @throws UserError (exit code 2) if there are no classes or templates, or a template has no `{}`
 * @example
 * classPrompts(["cat", "dog"], ["a photo of a {}"]) // ["a photo of a cat", "a photo of a dog"]
 */
export function classPrompts(
  classNames: readonly string[],
  templates: readonly string[],
): readonly string[] {
  const refuse = (message: string): never => {
    throw usageError(message);
  };
  if (classNames.length === 0) refuse("there are no labels; name at least one");
  if (templates.length === 0) refuse('there are no templates; give one such as "a photo of a {}"');
  const wrong = templates.find((template) => !template.includes(PLACE));
  if (wrong !== undefined) {
    refuse(`the template "${wrong}" has no {} for the label; use one such as "a photo of a {}"`);
  }
  return classNames.flatMap((name) =>
    templates.map((template) => template.split(PLACE).join(name)),
  );
}

/**
 * One row per class: the mean of its prompt embeddings, normalised to unit length (CLIP, section
 * 3.1.4, ensembling in embedding space).
 *
 * @param prompts embeddings of `classPrompts`, `[C * T, P]`
 * @param numTemplates `T`
 * @returns `[C, P]`
 * @throws RangeError if the number of prompts is not a multiple of `numTemplates`
 */
export function classEmbeddings(prompts: Embeddings, numTemplates: number): Embeddings {
  const { width, data } = normalizeRows(prompts);
  const numClasses = countRows(prompts) / numTemplates;
  if (!Number.isInteger(numClasses)) {
    throw new RangeError(
      `the number of prompts must be a multiple of the number of templates (${numTemplates}), got ${countRows(prompts)}`,
    );
  }
  const sums = new Float64Array(numClasses * width);
  for (let at = 0; at < data.length; at++) {
    const owner = Math.floor(at / (numTemplates * width));
    sums[owner * width + (at % width)]! += data[at]!;
  }
  return normalizeRows({ width, data: sums });
}

/** A score for each image and class. */
export interface ClassScores {
  /** Number of classes, `C`. */
  readonly numClasses: number;
  /** Scores, `[N, C]`. */
  readonly data: Float64Array;
}

/**
 * `scale` times the cosines of images and classes. The bias is omitted because it is equal for all
 * classes.
 *
 * @param images `[N, P]`
 * @param classes `[C, P]`
 * @throws RangeError if the widths differ
 */
export function zeroShotLogits(images: Embeddings, classes: Embeddings, scale = 1): ClassScores {
  const numClasses = countRows(classes);
  const data = new Float64Array(countRows(images) * numClasses);
  forEachRow(images, classes, (row, cosines) => {
    for (let c = 0; c < numClasses; c++) data[row * numClasses + c] = scale * cosines[c]!;
  });
  return { numClasses, data };
}

/** Softmax of every row. */
export function probabilities({ numClasses, data }: ClassScores): ClassScores {
  const result = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += numClasses) {
    const row = data.subarray(start, start + numClasses);
    const most = row.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const powers = row.map((logit) => Math.exp(logit - most));
    const total = powers.reduce((sum, power) => sum + power, 0);
    for (let c = 0; c < numClasses; c++) result[start + c] = powers[c]! / total;
  }
  return { numClasses, data: result };
}
