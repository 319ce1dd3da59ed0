/** Sums up where routers sent tokens, over any number of batches. */
import type { LayerRouting, MosaicLayer } from "./types.ts";

/** The routing of one layer for a batch. */
export interface RoutedBatch {
  /** Chosen experts, `[K, N]`, with the tokens of a sample side by side; `E` and above is "none". */
  readonly ids: Values;
  /** Of every expert for every token, `[N, E]`. */
  readonly probabilities: Values;
  /** Class of each sample, `[B]`. */
  readonly labels?: readonly number[];
}

interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

export interface RoutingStatistics {
  /** Adds a batch of one layer. */
  add(layer: string, batch: RoutedBatch): void;
  layers(): LayerRouting[];
}

interface Sums {
  readonly load: Float64Array;
  readonly importance: Float64Array;
  readonly byClass: Float64Array[];
}

/** Sums up layers over batches, by class where there are classes. */
export function routingStatistics({
  numClasses = 0,
}: {
  readonly numClasses?: number;
} = {}): RoutingStatistics {
  const sums = new Map<string, Sums>();
  return {
    add(layer, { ids, probabilities, labels }) {
      const [numTokens, numExperts] = probabilities.shape as [number, number];
      const { load, importance, byClass } = sumsOf(sums, layer, numExperts, numClasses);
      const perSample = labels === undefined ? 0 : numTokens / labels.length;
      for (let i = 0; i < ids.data.length; i++) {
        const expert = Number(ids.data[i]);
        if (expert >= numExperts) continue;
        load[expert]! += 1;
        const row = labels && byClass[labels[Math.floor((i % numTokens) / perSample)]!];
        if (row !== undefined) row[expert]! += 1;
      }
      for (let i = 0; i < probabilities.data.length; i++) {
        importance[i % numExperts]! += Number(probabilities.data[i]);
      }
    },
    layers: () =>
      [...sums].map(([layer, { load, importance, byClass }]) => ({
        layer,
        numExperts: load.length,
        load: fractions(load),
        importance: fractions(importance),
        ...(byClass.length > 0 && { byClass: byClass.map((row) => [...row]) }),
      })),
  };
}

function sumsOf(
  sums: Map<string, Sums>,
  layer: string,
  numExperts: number,
  numClasses: number,
): Sums {
  const known = sums.get(layer);
  if (known !== undefined) return known;
  const fresh = {
    load: new Float64Array(numExperts),
    importance: new Float64Array(numExperts),
    byClass: Array.from({ length: numClasses }, () => new Float64Array(numExperts)),
  };
  sums.set(layer, fresh);
  return fresh;
}

/** The first choice for every patch of sample `sample`, for the mosaic. */
export function mosaicLayer(options: {
  readonly layer: string;
  readonly rows: number;
  readonly columns: number;
  readonly sample: number;
  readonly ids: ArrayLike<number | bigint>;
  readonly combineWeights: ArrayLike<number>;
  readonly numExperts: number;
}): MosaicLayer {
  const { layer, rows, columns, sample, ids, combineWeights, numExperts } = options;
  const start = sample * rows * columns;
  const patches = Array.from({ length: rows * columns }, (_, i) => start + i);
  return {
    layer,
    rows,
    cols: columns,
    numExperts,
    experts: patches.map((at) => Number(ids[at])), // K-major: first choices come first
    gates: patches.map((at) => combineWeights[at]!),
  };
}

/** Largest load over the mean, less one: 0 when balanced (arXiv:2408.15664, equation 4). */
export function maxViolation(counts: ArrayLike<number | bigint>): number {
  const loads = Array.from(counts, Number);
  const mean = loads.reduce((total, load) => total + load, 0) / loads.length;
  return mean === 0 ? 0 : Math.max(...loads) / mean - 1;
}

function fractions(values: Float64Array): number[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  return Array.from(values, (value) => (total === 0 ? 0 : value / total));
}
