import { joinDetails, type RouterDetails, routerDetails } from "./router-details.ts";
import type { TokenLayer } from "./types/text.ts";

/** The first choice, and the details, for the tokens from `start` on, of a batch of `N` tokens. */
export function tokenLayer(options: {
  readonly layer: string;
  readonly start: number;
  readonly count: number;
  /** `[K, N]`, best first. */
  readonly ids: ArrayLike<number | bigint>;
  /** `[K, N]` */
  readonly combineWeights: ArrayLike<number>;
  /** `[N, E]` */
  readonly probabilities: ArrayLike<number>;
  readonly numExperts: number;
}): TokenLayer {
  const { layer, start, count, ids, combineWeights, numExperts } = options;
  const places = Array.from({ length: count }, (_, i) => start + i);
  return {
    layer,
    numExperts,
    experts: places.map((at) => Number(ids[at])), // K-major: first choices come first
    gates: places.map((at) => combineWeights[at]!),
    ...routerDetails(options),
  };
}

/** The layers of two texts that follow each other. */
export function joinLayers(
  first: readonly TokenLayer[],
  second: readonly TokenLayer[],
): TokenLayer[] {
  return second.map((own, i) => ({
    layer: own.layer,
    numExperts: own.numExperts,
    experts: [...(first[i]?.experts ?? []), ...own.experts],
    gates: [...(first[i]?.gates ?? []), ...own.gates],
    ...joined(first[i], own),
  }));
}

/** The details of both, where both have them. */
function joined(first: TokenLayer | undefined, second: TokenLayer): Partial<RouterDetails> {
  const [before, after] = [detailsOf(first), detailsOf(second)];
  if (after === undefined || (before === undefined && first !== undefined)) return {};
  return joinDetails(before, after, {
    count: second.experts.length,
    numExperts: second.numExperts,
  });
}

function detailsOf(layer: Partial<RouterDetails> | undefined): RouterDetails | undefined {
  const { choices, weights, probabilities } = layer ?? {};
  if (choices === undefined || weights === undefined || probabilities === undefined) {
    return undefined;
  }
  return { choices, weights, probabilities };
}
