/** Zero-shot classification of a split. */

import type { ImageDataset, ObjectAttributes } from "../../data/dataset.ts";
import { readSample } from "../../data/read-sample.ts";
import { classAccuracy } from "../../evaluate/class-accuracy.ts";
import { type Embeddings, largest } from "../../evaluate/similarity.ts";
import { classEmbeddings, classPrompts, zeroShotLogits } from "../../evaluate/zero-shot.ts";
import { defined } from "../../graph/defined.ts";
import { confusionSampler } from "../../inspect/confusion-sampler.ts";
import { confusionThumbnails } from "../shared/shown-image.ts";

export interface ZeroShotOptions {
  readonly classNames: readonly string[];
  readonly templates: readonly string[];
  readonly unseen?: (attributes: readonly ObjectAttributes[]) => boolean;
  readonly embed: (texts: readonly string[]) => Promise<Embeddings>;
}

/**
 * `zero_shot_accuracy` over samples of seen kinds, `zero_shot_unseen_accuracy` over held-out kinds,
 * and the confusion matrix with example samples; empty for a set without classes.
 *
 * @param images `[N, P]`
 */
export async function zeroShotResults(
  images: Embeddings,
  dataset: ImageDataset,
  { classNames, templates, unseen = () => false, embed }: ZeroShotOptions,
) {
  if (classNames.length < 2) return undefined;
  const { width } = images;
  const prompts = await embed(classPrompts(classNames, templates));
  const logits = zeroShotLogits(images, classEmbeddings(prompts, templates.length));
  const samples = Array.from({ length: images.data.length / width }, (_, i) =>
    readSample(dataset, i),
  );
  const numClasses = classNames.length;
  const accuracyOf = (wanted: boolean): number | undefined => {
    const members = [...samples.keys()].filter(
      (i) => unseen(samples[i]!.attributes ?? []) === wanted,
    );
    if (members.length === 0) return undefined;
    const data = new Float64Array(members.length * numClasses);
    for (const [row, i] of members.entries()) {
      data.set(logits.data.subarray(i * numClasses, (i + 1) * numClasses), row * numClasses);
    }
    const labels = members.map((i) => samples[i]!.label);
    return classAccuracy({ numClasses, data }, labels).accuracy;
  };
  const sampler = confusionSampler();
  for (const [index, { label }] of samples.entries()) {
    const row = logits.data.subarray(index * numClasses, (index + 1) * numClasses);
    sampler.add({ label, predicted: largest(row, 1)[0]!, index });
  }
  const [seen, other] = [accuracyOf(false), accuracyOf(true)];
  return {
    scores: {
      ...defined({ zero_shot_accuracy: seen, zero_shot_unseen_accuracy: other }),
    },
    confusionSamples: confusionThumbnails(dataset, sampler.samples()),
    confusion: classAccuracy(
      logits,
      samples.map(({ label }) => label),
    ).confusion,
  };
}
