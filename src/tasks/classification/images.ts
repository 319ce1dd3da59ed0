/** Classification of images. */
import type { ImageDataset } from "../../data/dataset.ts";
import { expertGallery } from "../../inspect/expert-gallery.ts";
import type { Prediction, RecordedImage } from "../../inspect/types/image.ts";
import type { Objective } from "../../learn/step-graph.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import type { Classifier } from "../../models/classifier.ts";
import { type AttentionRecordOptions, withAttention } from "../shared/attention-record.ts";
import { type Collector, evaluateWith } from "../shared/collect.ts";
import { galleryCollector, mosaicCollector, routingCollector } from "../shared/collectors.ts";
import { confusionThumbnails, recordedImage, withKinds } from "../shared/shown-image.ts";
import type { FullEvaluation, FullEvaluationOptions, Task } from "../task.ts";
import { confusionCollector, predictionCollector } from "./collectors.ts";
import { type DomainLearningOptions, domainLearning } from "./domain-learning.ts";

const RIGHT_SHOWN = 12;
const WRONG_SHOWN = 12;

/** Learns the classes of images, optionally from several domains; the score is the accuracy. */
export function imageClassification(
  classifier: Classifier,
  dataset: ImageDataset,
  options: DomainLearningOptions & Pick<AttentionRecordOptions, "words"> = {},
): Task {
  const { grid, numActiveExperts, tokensPerImage = grid.rows * grid.columns } = classifier;
  return {
    ...domainLearning(classifier, dataset, classification(classifier, options), options),
    score: { name: "accuracy", better: "higher" },
    samples: "images",
    tokensPerSample: tokensPerImage,
    numActiveExperts,
    classNames: dataset.classNames,
    patches: { grid, tokensPerImage },
    evaluateFully: (evaluation) =>
      evaluateImages({ ...classifier, ...options }, dataset.classNames, evaluation),
  };
}

/**
 * Cross-entropy between the logits of `images` and `labels`; the metric is the accuracy.
 *
 * Label smoothing applies in training only, so that validation losses are comparable across settings.
 */
export function classification(
  classifier: Pick<Classifier, "logits">,
  { labelSmoothing = 0 }: { readonly labelSmoothing?: number } = {},
): Objective {
  return (scope, { images, labels }) => {
    const logits = classifier.logits(scope, images!);
    const smoothing = scope.training ? labelSmoothing : 0;
    return {
      loss: crossEntropy(logits, labels!, { labelSmoothing: smoothing }),
      metrics: { accuracy: accuracy(logits, labels!) },
      outputs: { logits },
    };
  };
}

async function evaluateImages(
  options: Classifier & Pick<AttentionRecordOptions, "words">,
  classNames: readonly string[],
  evaluation: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const { grid, expertKinds, tokensPerImage: stride } = options;
  const dataset = evaluation.loader.dataset as ImageDataset;
  const numClasses = classNames.length;
  const imageOf = (index: number) => recordedImage(dataset, index);
  const numPatches = grid.rows * grid.columns;
  const between = (stride ?? numPatches) - numPatches;
  const gallery = expertGallery({ grid, tokenText: String });
  const { scores, results, taps } = await evaluateWith(evaluation, {
    routing: routingCollector(classNames),
    galleries: galleryCollector(gallery, (_, { indices }) => ({ indices, between }), imageOf),
    confusion: confusionCollector(numClasses),
    predictions: shownPredictions(imageOf),
    mosaics: mosaicCollector(dataset, { grid, numClasses, ...(stride && { stride }) }),
  });
  const { routing, galleries, confusion, predictions, mosaics } = results;
  return {
    scores,
    record: {
      confusion: confusion.counts,
      confusionSamples: confusionThumbnails(dataset, confusion.samples),
      predictions,
      routing: withKinds(routing, expertKinds),
      mosaics: await withAttention(mosaics, { ...options, taps }, evaluation),
    },
    inspected: { galleries },
  };
}

/** The first wrong and right predictions. */
function shownPredictions(imageOf: (index: number) => RecordedImage): Collector<Prediction[]> {
  const right: Prediction[] = [];
  const wrong: Prediction[] = [];
  return predictionCollector(
    ({ index, label, predicted, probabilities }) => {
      const [shown, limit] = label === predicted ? [right, RIGHT_SHOWN] : [wrong, WRONG_SHOWN];
      if (shown.length === limit) return;
      shown.push({ image: imageOf(index), label, predicted, probabilities });
    },
    () => [...wrong, ...right],
  );
}
