/** Sums up where routers sent tokens, over any number of batches. */
import type { LayerRouting, MosaicLayer } from "./types.ts";

export interface RoutingStatistics {
  /**
   * Adds a batch of one layer.
   *
   * @param ids chosen experts, `[K, N]`, with the tokens of a sample side by side
   * @param probabilities of every expert for every token, `[N, E]`
   * @param labels class of each sample, `[B]`
   */
  add(
    layer: string,
    ids: ArrayLike<number | bigint>,
    probabilities: ArrayLike<number>,
    labels: ArrayLike<number | bigint>,
  ): void;
  layers(): LayerRouting[];
}

interface Sums {
  readonly load: Float64Array;
  readonly importance: Float64Array;
  readonly byClass: Float64Array[];
}

/** Statistics over layers that share their number of experts `E` and choices per token `K`. */
export function routingStatistics(options: {
  readonly numSelectedExperts: number;
  readonly numClasses: number;
}): RoutingStatistics {
  const { numSelectedExperts, numClasses } = options;
  const sums = new Map<string, Sums>();
  return {
    add(layer, ids, probabilities, labels) {
      const numTokens = ids.length / numSelectedExperts;
      const numExperts = probabilities.length / numTokens;
      const perSample = numTokens / labels.length;
      let sum = sums.get(layer);
      if (sum === undefined) {
        sum = {
          load: new Float64Array(numExperts),
          importance: new Float64Array(numExperts),
          byClass: Array.from({ length: numClasses }, () => new Float64Array(numExperts)),
        };
        sums.set(layer, sum);
      }
      for (let i = 0; i < ids.length; i++) {
        const expert = Number(ids[i]);
        const label = Number(labels[Math.floor((i % numTokens) / perSample)]);
        sum.load[expert]! += 1;
        sum.byClass[label]![expert]! += 1;
      }
      for (let i = 0; i < probabilities.length; i++) {
        sum.importance[i % numExperts]! += probabilities[i]!;
      }
    },
    layers: () =>
      [...sums].map(([layer, { load, importance, byClass }]) => ({
        layer,
        numExperts: load.length,
        load: fractions(load),
        importance: fractions(importance),
        byClass: byClass.map((row) => [...row]),
      })),
  };
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
