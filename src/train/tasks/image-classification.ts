/** Classification of images. */
import type { Batch } from "../../data/batch.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import { mosaicLayer } from "../../inspect/routing-statistics.ts";
import type { Mosaic, Prediction, RecordedImage } from "../../inspect/types.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import type { Classifier } from "../../models/systems.ts";
import { isRoutingTap, readRouting, routingOf } from "../routing/routing-record.ts";
import type { Objective } from "../step/step-graph.ts";
import { softmaxRow } from "./softmax-row.ts";
import type { FullEvaluation, FullEvaluationOptions, Task } from "./task.ts";

const RIGHT_SHOWN = 12;
const WRONG_SHOWN = 12;
const MOSAICS_SHOWN = 12;

/** Images of a labelled set, judged by accuracy. */
export function imageClassification(
  classifier: Classifier,
  dataset: ImageDataset,
  options: { readonly labelSmoothing?: number } = {},
): Task {
  const { grid, numActiveExperts } = classifier;
  return {
    objective: classification(classifier, options),
    score: { name: "accuracy", better: "higher" },
    samples: "images",
    tokensPerSample: grid.rows * grid.columns,
    numActiveExperts,
    classNames: dataset.classNames,
    evaluateFully: (evaluation) => evaluateImages(classifier, dataset.classNames, evaluation),
  };
}

/**
 * Cross-entropy between the logits of `images` and `labels`, with the accuracy beside it.
 *
 * Label smoothing counts in training only, so that validation losses compare across settings.
 */
export function classification(
  classifier: Classifier,
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
  { grid }: Classifier,
  classNames: readonly string[],
  { loader, createEvaluator, onBatch }: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const dataset = loader.dataset as ImageDataset;
  const evaluator = await createEvaluator(
    (name) => name === "logits" || name.endsWith(".combine_weights") || isRoutingTap(name),
  );
  const numClasses = classNames.length;
  const routing = readRouting(evaluator.graph.taps, classNames);
  const confusion = Array.from({ length: numClasses }, () => Array<number>(numClasses).fill(0));
  const right: Prediction[] = [];
  const wrong: Prediction[] = [];
  const mosaics: Mosaic[] = [];

  try {
    const scores = await evaluator.run(loader, (outputs, batch: Batch) => {
      const labels = Array.from(batch.arrays.labels!.data, Number);
      routing.add(outputs, batch);
      for (const [i, truth] of labels.entries()) {
        const probabilities = softmaxRow(outputs.logits!, i);
        const predicted = probabilities.indexOf(Math.max(...probabilities));
        confusion[truth]![predicted]! += 1;
        const [shown, limit] = truth === predicted ? [right, RIGHT_SHOWN] : [wrong, WRONG_SHOWN];
        const index = batch.indices[i]!;
        if (shown.length < limit) {
          shown.push({
            image: recordedImage(dataset, index),
            label: truth,
            predicted,
            probabilities,
          });
        }
        const sameClass = mosaics.filter(({ label }) => label === truth).length;
        if (mosaics.length < MOSAICS_SHOWN && sameClass <= mosaics.length / numClasses) {
          const caption = dataset.get(index).captions?.[0];
          mosaics.push({
            image: recordedImage(dataset, index),
            label: truth,
            ...(caption !== undefined && { caption }),
            layers: routing.layerNames.map((layer) => {
              const { ids, combineWeights, probabilities } = routingOf(outputs, layer);
              return mosaicLayer({
                layer,
                ...grid,
                sample: i,
                ids: ids.data,
                combineWeights: combineWeights.data as Float32Array,
                numExperts: probabilities.shape[1]!,
              });
            }),
          });
        }
      }
      onBatch();
    });
    return {
      scores,
      record: {
        confusion,
        predictions: [...wrong, ...right],
        routing: routing.layers(),
        mosaics,
      },
    };
  } finally {
    evaluator.dispose();
  }
}

function recordedImage(dataset: ImageDataset, index: number): RecordedImage {
  const { image, width, height, channels } = dataset.get(index);
  return { width, height, channels, data: image };
}
