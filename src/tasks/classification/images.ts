/** Classification of images. */
import type { Batch } from "../../data/batches/batch.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import { confusionSampler } from "../../inspect/confusion-sampler.ts";
import { expertGallery } from "../../inspect/expert-gallery.ts";
import type { Prediction } from "../../inspect/types/image.ts";
import type { Objective } from "../../learn/step-graph.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import type { Classifier } from "../../models/classifier.ts";
import { isRoutingTap, readRouting } from "../../moe/routing-taps.ts";
import { routingRecorder } from "../routing/routing-record.ts";
import { type AttentionRecordOptions, withAttention } from "../shared/attention-record.ts";
import {
  confusionThumbnails,
  MOSAICS_SHOWN,
  recordedImage,
  type ShownImage,
  shownImage,
  withKinds,
} from "../shared/shown-image.ts";
import type { FullEvaluation, FullEvaluationOptions, Task } from "../task.ts";
import { type DomainLearningOptions, domainLearning } from "./domain-learning.ts";
import { softmaxRow } from "./softmax-row.ts";

const RIGHT_SHOWN = 12;
const WRONG_SHOWN = 12;

/** Images of a labelled set, judged by accuracy; of several domains where the options say so. */
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
 * Cross-entropy between the logits of `images` and `labels`, with the accuracy beside it.
 *
 * Label smoothing counts in training only, so that validation losses compare across settings.
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
  const { loader, createEvaluator, onBatch } = evaluation;
  const dataset = loader.dataset as ImageDataset;
  const evaluator = await createEvaluator((name) => name === "logits" || isRoutingTap(name));
  const numClasses = classNames.length;
  const routing = routingRecorder(evaluator.graph.taps, classNames);
  const confusion = Array.from({ length: numClasses }, () => Array<number>(numClasses).fill(0));
  const sampler = confusionSampler();
  const gallery = expertGallery({ grid, tokenText: String });
  const between = (stride ?? grid.rows * grid.columns) - grid.rows * grid.columns;
  const right: Prediction[] = [];
  const wrong: Prediction[] = [];
  const mosaics: ShownImage[] = [];
  let scores: Record<string, number>;

  try {
    scores = await evaluator.run(loader, (outputs, batch: Batch) => {
      const labels = Array.from(batch.arrays.labels!.data, Number);
      routing.add(outputs, batch);
      for (const layer of routing.layerNames) {
        gallery.add(layer, readRouting(outputs, layer, "probabilities"), {
          indices: batch.indices,
          between,
        });
      }
      for (const [i, truth] of labels.entries()) {
        const probabilities = softmaxRow(outputs.logits!, i);
        const predicted = probabilities.indexOf(Math.max(...probabilities));
        confusion[truth]![predicted]! += 1;
        const [shown, limit] = truth === predicted ? [right, RIGHT_SHOWN] : [wrong, WRONG_SHOWN];
        const index = batch.indices[i]!;
        sampler.add({ label: truth, predicted, index });
        if (shown.length < limit) {
          shown.push({
            image: recordedImage(dataset, index),
            label: truth,
            predicted,
            probabilities,
          });
        }
        const sameClass = mosaics.filter(({ mosaic }) => mosaic.label === truth).length;
        if (mosaics.length < MOSAICS_SHOWN && sameClass <= mosaics.length / numClasses) {
          const layers = routing.layerNames;
          const shown = { index, row: i, layers, grid, outputs, ...(stride && { stride }) };
          mosaics.push(shownImage(dataset, shown));
        }
      }
      onBatch();
    });
  } finally {
    evaluator.dispose();
  }
  const { taps } = evaluator.graph.trace;
  return {
    scores,
    record: {
      confusion,
      confusionSamples: confusionThumbnails(dataset, sampler.samples()),
      predictions: [...wrong, ...right],
      routing: withKinds(routing.layers(), expertKinds),
      mosaics: await withAttention(mosaics, { ...options, taps }, evaluation),
    },
    inspected: { galleries: gallery.galleries((index) => recordedImage(dataset, index)) },
  };
}
