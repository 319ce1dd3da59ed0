import type { TokenLayer } from "./text-types.ts";

/** The first choice for the tokens from `start` on, of a batch of `N` tokens. */
export function tokenLayer(options: {
  readonly layer: string;
  readonly start: number;
  readonly count: number;
  /** `[K, N]`, best first. */
  readonly ids: ArrayLike<number | bigint>;
  /** `[K, N]` */
  readonly combineWeights: ArrayLike<number>;
  readonly numExperts: number;
}): TokenLayer {
  const { layer, start, count, ids, combineWeights, numExperts } = options;
  const places = Array.from({ length: count }, (_, i) => start + i);
  return {
    layer,
    numExperts,
    experts: places.map((at) => Number(ids[at])), // K-major: first choices come first
    gates: places.map((at) => combineWeights[at]!),
  };
}

/** The layers of two texts that follow each other. */
export function joinLayers(
  first: readonly TokenLayer[],
  second: readonly TokenLayer[],
): TokenLayer[] {
  return second.map((own, i) => ({
    ...own,
    experts: [...(first[i]?.experts ?? []), ...own.experts],
    gates: [...(first[i]?.gates ?? []), ...own.gates],
  }));
}
