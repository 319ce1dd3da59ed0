import { allocate } from "../../graph/array.ts";
import type { PointsDataset } from "../dataset.ts";
import { readSample } from "../read-sample.ts";
import type { BatchMaker } from "./batch.ts";

/** Batches of labelled points: `features` `[B, D]` and `labels` `[B]`. */
export function pointsBatches(dataset: PointsDataset): BatchMaker {
  const { length } = dataset;
  const width = dataset.featureNames.length;
  // Points are cached, because they are small and every epoch reads them again.
  const points = new Float32Array(length * width);
  const classes = new BigInt64Array(length);
  for (let index = 0; index < length; index++) {
    const { features, label } = readSample(dataset, index);
    points.set(features, index * width);
    classes[index] = BigInt(label);
  }
  return {
    length,
    fields: {
      features: { dtype: "float32", shape: [width] },
      labels: { dtype: "int64", shape: [] },
    },
    make({ step, epoch, indices }) {
      const features = allocate("float32", [indices.length, width]);
      const labels = allocate("int64", [indices.length]);
      indices.forEach((index, row) => {
        features.data.set(points.subarray(index * width, (index + 1) * width), row * width);
        labels.data[row] = classes[index]!;
      });
      return { step, epoch, indices, arrays: { features, labels } };
    },
  };
}
