/** Evaluates a trained classifier and gathers what the report shows of it. */
import type { Loader } from "../data/loader.ts";
import type { NdArray } from "../graph/array.ts";
import { mosaicLayer, routingStatistics } from "../inspect/routing-statistics.ts";
import type { LayerRouting, Mosaic, Prediction, RecordedImage } from "../inspect/types.ts";
import type { Training } from "./setup.ts";
import type { ProgressSink } from "./types.ts";

export interface FinalEvaluation {
  readonly scores: Record<string, number>;
  /** Counts; rows are true classes, columns predicted ones. */
  readonly confusion: number[][];
  readonly predictions: Prediction[];
  readonly routing: LayerRouting[];
  readonly mosaics: Mosaic[];
}

const RIGHT_SHOWN = 12;
const WRONG_SHOWN = 12;
const MOSAICS_SHOWN = 12;
const ROUTING_TAPS = [".ids", ".combine_weights", ".probabilities"];

/** Runs one split through the weights of `training`; reads the routing on the way. */
export async function evaluateFully(
  training: Training,
  loader: Loader,
  { label, progress }: { readonly label: string; readonly progress: ProgressSink },
): Promise<FinalEvaluation> {
  const { classNames, classifier } = training;
  const { numSelectedExperts, grid } = classifier;
  const evaluator = await training.createEvaluator(
    (name) => name === "logits" || ROUTING_TAPS.some((suffix) => name.endsWith(suffix)),
  );
  const layers = evaluator.graph.taps
    .filter((name) => name.endsWith(".ids"))
    .map((name) => name.slice(0, -".ids".length));
  const numClasses = classNames.length;
  const statistics = routingStatistics({ numSelectedExperts, numClasses });
  const confusion = Array.from({ length: numClasses }, () => Array<number>(numClasses).fill(0));
  const right: Prediction[] = [];
  const wrong: Prediction[] = [];
  const mosaics: Mosaic[] = [];
  let done = 0;

  try {
    const scores = await evaluator.run(loader, (outputs, batch) => {
      const labels = Array.from(batch.labels.data, Number);
      for (const layer of layers) {
        const { ids, probabilities } = routingOf(outputs, layer);
        statistics.add(layer, ids.data, probabilities.data as Float32Array, labels);
      }
      for (const [i, truth] of labels.entries()) {
        const probabilities = softmaxRow(outputs.logits!, i);
        const predicted = probabilities.indexOf(Math.max(...probabilities));
        confusion[truth]![predicted]! += 1;
        const [shown, limit] = truth === predicted ? [right, RIGHT_SHOWN] : [wrong, WRONG_SHOWN];
        const index = batch.indices[i]!;
        if (shown.length < limit) {
          shown.push({
            image: recordedImage(loader, index),
            label: truth,
            predicted,
            probabilities,
          });
        }
        const sameClass = mosaics.filter(({ label }) => label === truth).length;
        if (mosaics.length < MOSAICS_SHOWN && sameClass <= mosaics.length / numClasses) {
          const { caption } = loader.dataset.get(index);
          mosaics.push({
            image: recordedImage(loader, index),
            label: truth,
            ...(caption !== undefined && { caption }),
            layers: layers.map((layer) => {
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
      done += 1;
      progress.update({ label, done, total: loader.batchesPerEpoch });
    });
    return {
      scores,
      confusion,
      predictions: [...wrong, ...right],
      routing: statistics.layers(),
      mosaics,
    };
  } finally {
    evaluator.dispose();
  }
}

function routingOf(outputs: Readonly<Record<string, NdArray>>, layer: string) {
  return {
    ids: outputs[`${layer}.ids`]!,
    combineWeights: outputs[`${layer}.combine_weights`]!,
    probabilities: outputs[`${layer}.probabilities`]!,
  };
}

function softmaxRow(logits: NdArray, row: number): number[] {
  const width = logits.shape[1]!;
  const scores = Array.from(logits.data.slice(row * width, (row + 1) * width), Number);
  const highest = Math.max(...scores);
  const exps = scores.map((score) => Math.exp(score - highest));
  const total = exps.reduce((sum, value) => sum + value, 0);
  return exps.map((value) => value / total);
}

function recordedImage(loader: Loader, index: number): RecordedImage {
  const { image, width, height, channels } = loader.dataset.get(index);
  return { width, height, channels, data: image };
}
