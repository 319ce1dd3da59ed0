/** The report of a mixture of classifiers of points. */
import type { Batch } from "../../data/batches/batch.ts";
import { batchOrder } from "../../data/batches/batch-order.ts";
import { pointsBatches } from "../../data/batches/points-batches.ts";
import type { PointsDataset } from "../../data/dataset.ts";
import type { NdArray } from "../../graph/array.ts";
import { routingStatistics } from "../../inspect/statistics/routing-statistics.ts";
import type { ClassScores, DecisionRegions } from "../../inspect/types/regions.ts";
import type { BatchSource, Evaluator } from "../../learn/evaluator.ts";
import type { FullEvaluation, FullEvaluationOptions } from "../task.ts";

const OUTPUTS = ["probabilities", "gates", "expert_classes"];
const POINTS_SHOWN = 300;
/** The drawn part of the plane: cells per side, and the range of both axes. */
const SIZE = 72;
const RANGE = [-3.6, 3.6] as const;

export interface MixtureEvaluationOptions extends FullEvaluationOptions {
  readonly expertLabels: readonly (readonly number[])[];
  readonly batchSize: number;
}

/** Scores of a split by class, the use of the experts, and the map of the first two features. */
export async function evaluateMixture({
  loader,
  createEvaluator,
  onBatch,
  expertLabels,
  batchSize,
}: MixtureEvaluationOptions): Promise<FullEvaluation> {
  const dataset = loader.dataset as PointsDataset;
  const numClasses = dataset.classNames.length;
  const numExperts = expertLabels.length;
  const evaluator = await createEvaluator((name) => OUTPUTS.includes(name));
  try {
    const experts = Array.from({ length: numExperts }, () => tally(numClasses));
    const [soft, hard, optimal] = [tally(numClasses), tally(numClasses), tally(numClasses)];
    const routing = routingStatistics({ values: { class: dataset.classNames } });
    const points: DecisionRegions["points"][number][] = [];
    const scores = await evaluator.run(loader, (outputs, batch) => {
      const labels = Array.from(batch.arrays.labels!.data, Number);
      const chosen: number[] = [];
      for (const [i, label] of labels.entries()) {
        const { features } = dataset.get(batch.indices[i]!);
        const { predicted, expert, classes } = readSample(outputs, i);
        soft.add(label, predicted);
        hard.add(label, classes[expert]!);
        if (dataset.optimalLabel !== undefined) optimal.add(label, dataset.optimalLabel(features));
        for (const [e, found] of classes.entries()) experts[e]!.add(label, found);
        chosen.push(expert);
        if (points.length < POINTS_SHOWN) points.push({ x: features[0]!, y: features[1]!, label });
      }
      const ids = { shape: [1, chosen.length], data: chosen };
      routing.add("gate", { ids, probabilities: outputs.gates!, labels: { class: labels } });
      onBatch();
    });
    const rows: ClassScores[] = [
      ...experts.map((each, e) =>
        each.scores(`expert ${e}, trained on classes ${expertLabels[e]!.join(" and ")}`),
      ),
      soft.scores("mixture, soft: experts weighted by the gate"),
      hard.scores("mixture, hard: expert with the largest gate"),
      ...(dataset.optimalLabel === undefined
        ? []
        : [optimal.scores("most probable class, the best on average")]),
    ];
    const map = await mapPlane(evaluator, dataset, batchSize);
    return {
      scores,
      record: {
        confusion: soft.counts,
        routing: routing.layers(),
        regions: { ...map, numExperts, points, scores: rows },
      },
    };
  } finally {
    evaluator.dispose();
  }
}

/** Outputs of the mixture at the centre of each cell of the plane. */
async function mapPlane(evaluator: Evaluator, dataset: PointsDataset, batchSize: number) {
  const plane = planeOf(dataset);
  const [predicted, ids, combineWeights]: [number[], number[], number[]] = [[], [], []];
  await evaluator.run(readOnce(plane, batchSize), (outputs, { indices }) => {
    for (const i of indices.keys()) {
      const sample = readSample(outputs, i);
      predicted.push(sample.predicted);
      ids.push(sample.expert);
      combineWeights.push(sample.gates[sample.expert]!);
    }
  });
  const [x, y] = dataset.featureNames;
  const optimal = dataset.optimalLabel && Array.from(predicted, (_, i) => plane.get(i).label);
  return {
    axes: [x!, y!] as const,
    range: RANGE,
    size: SIZE,
    predicted,
    ids,
    combineWeights,
    ...(optimal && { optimal }),
  };
}

/** The centres of the cells, row by row in ascending order, labelled with the most probable class. */
function planeOf(dataset: PointsDataset): PointsDataset {
  const [low, high] = RANGE;
  const middle = (cell: number): number => low + ((cell + 0.5) * (high - low)) / SIZE;
  return {
    ...dataset,
    length: SIZE * SIZE,
    get(index) {
      const features = new Float32Array(dataset.featureNames.length);
      features.set([middle(index % SIZE), middle(Math.floor(index / SIZE))]);
      return { features, label: dataset.optimalLabel?.(features) ?? 0, index };
    },
  };
}

/** The batches of one ordered pass over a set. */
function readOnce(dataset: PointsDataset, batchSize: number): BatchSource {
  const { length } = dataset;
  const maker = pointsBatches(dataset);
  const order = batchOrder({ length, batchSize, seed: 0, shuffle: false, dropLast: false });
  let position = 0;
  return {
    seek: (step) => {
      position = step;
    },
    next: async (): Promise<Batch | undefined> =>
      position < order.batchesPerEpoch ? maker.make(order.job(position++)) : undefined,
  };
}

/** The outputs of one sample. */
function readSample(outputs: Readonly<Record<string, NdArray>>, i: number) {
  const [probabilities, gates, classes] = OUTPUTS.map((name) => rowOf(outputs[name]!, i));
  return {
    predicted: indexOfLargest(probabilities!),
    gates: gates!,
    expert: indexOfLargest(gates!),
    classes: classes!,
  };
}

function rowOf({ data, shape }: NdArray, row: number): number[] {
  const width = shape[1]!;
  return Array.from(data.subarray(row * width, (row + 1) * width), Number);
}

function indexOfLargest(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

function table(rows: number, columns: number): number[][] {
  return Array.from({ length: rows }, () => Array<number>(columns).fill(0));
}

/** Counts predictions by true class (row) and predicted class (column). */
function tally(numClasses: number) {
  const counts = table(numClasses, numClasses);
  return {
    counts,
    add(label: number, predicted: number): void {
      counts[label]![predicted]! += 1;
    },
    scores(name: string): ClassScores {
      const totals = counts.map((row) => row.reduce((sum, value) => sum + value, 0));
      const right = counts.map((row, c) => row[c]!);
      const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
      return {
        name,
        accuracy: sum(right) / sum(totals),
        byClass: right.map((value, c) => value / totals[c]!),
      };
    },
  };
}
