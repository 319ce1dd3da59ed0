/** Collectors of classifiers: predictions of samples, and the confusion matrix. */
import type { Batch } from "../../data/batches/batch.ts";
import { confusionSampler, type PredictedSample } from "../../inspect/confusion-sampler.ts";
import type { Collector, Outputs } from "../shared/collect.ts";
import { softmaxRow } from "./softmax-row.ts";

/** A sample with its predicted class. */
export interface PredictedRow extends PredictedSample {
  readonly row: number;
  readonly probabilities: number[]; // [C]
}

/** The predictions of a batch, from `logits` `[B, C]` and `labels` `[B]`. */
export function predictedRows(outputs: Outputs, { arrays, indices }: Batch): PredictedRow[] {
  return Array.from(arrays.labels!.data, Number).map((label, row) => {
    const probabilities = softmaxRow(outputs.logits!, row);
    const predicted = probabilities.indexOf(Math.max(...probabilities));
    return { row, index: indices[row]!, label, predicted, probabilities };
  });
}

/** A collector that calls `each` with every prediction. */
export function predictionCollector<Result>(
  each: (sample: PredictedRow, outputs: Outputs, batch: Batch, layers: readonly string[]) => void,
  result: () => Result,
): Collector<Result> {
  return {
    wants: (name) => name === "logits",
    see(outputs, batch, layers) {
      for (const sample of predictedRows(outputs, batch)) each(sample, outputs, batch, layers);
    },
    result,
  };
}

export interface Confusion {
  /** Samples by true class (row) and predicted class (column). */
  readonly counts: readonly (readonly number[])[]; // [C, C]
  /** Example samples of every cell. */
  readonly samples: readonly PredictedSample[];
}

/** The confusion matrix, with example samples of every cell. */
export function confusionCollector(numClasses: number): Collector<Confusion> {
  const counts = Array.from({ length: numClasses }, () => Array<number>(numClasses).fill(0));
  const sampler = confusionSampler();
  return predictionCollector(
    ({ label, predicted, index }) => {
      counts[label]![predicted]! += 1;
      sampler.add({ label, predicted, index });
    },
    () => ({ counts, samples: sampler.samples() }),
  );
}
