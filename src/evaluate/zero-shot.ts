/**
 * Classifying images by what their classes are called, with a model of images and texts that saw no
 * class labels (CLIP, arXiv:2103.00020, sections 3.1.2 to 3.1.4).
 *
 * Axes: `N` images, `C` classes, `T` templates, `P` width of the shared space.
 */
import { usageError } from "../graph/errors.ts";
import { countRows, type Embeddings, forEachRow, normalizeRows } from "./similarity.ts";

/** What stands for the name of a class in a template. */
const PLACE = "{}";

/**
 * The sentences that name the classes: for each class every template, `[C * T]`.
 *
 * @throws UserError (exit code 2) for a template without `{}`, or none of either
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
    refuse(`the template "${wrong}" has no {} for the label; write one such as "a photo of a {}"`);
  }
  return classNames.flatMap((name) =>
    templates.map((template) => template.split(PLACE).join(name)),
  );
}

/**
 * One row for each class: the mean of its sentences' rows, brought to length one again (CLIP,
 * section 3.1.4, ensembles in the space of embeddings).
 *
 * @param prompts embeddings of `classPrompts`, `[C * T, P]`
 * @param numTemplates `T`
 * @returns `[C, P]`
 */
export function classEmbeddings(prompts: Embeddings, numTemplates: number): Embeddings {
  const { width, data } = normalizeRows(prompts);
  const numClasses = countRows(prompts) / numTemplates;
  if (!Number.isInteger(numClasses)) {
    throw new RangeError(
      `${countRows(prompts)} sentences are not ${numTemplates} for each of some classes`,
    );
  }
  const sums = new Float64Array(numClasses * width);
  for (let at = 0; at < data.length; at++) {
    const owner = Math.floor(at / (numTemplates * width));
    sums[owner * width + (at % width)]! += data[at]!;
  }
  return normalizeRows({ width, data: sums });
}

/** A number for each class and image. */
export interface ClassScores {
  /** `C` */
  readonly numClasses: number;
  /** `[N, C]` */
  readonly data: Float64Array;
}

/**
 * `scale` times the cosines of images and classes; an added bias would be the same for all classes.
 *
 * @param images `[N, P]`
 * @param classes `[C, P]`
 */
export function zeroShotLogits(images: Embeddings, classes: Embeddings, scale = 1): ClassScores {
  const numClasses = countRows(classes);
  const data = new Float64Array(countRows(images) * numClasses);
  forEachRow(images, classes, (row, cosines) => {
    for (let c = 0; c < numClasses; c++) data[row * numClasses + c] = scale * cosines[c]!;
  });
  return { numClasses, data };
}

/** The softmax of every row. */
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
