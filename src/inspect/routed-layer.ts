/** Reads router decisions for some tokens of a batch. */
import { defined } from "../graph/defined.ts";
import type { RoutingWith } from "../moe/routing-taps.ts";
import type { RecordedLayer, RoutedLayer } from "./types/routed-layer.ts";

/** An array of any element type. */
export interface Values {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** The routing of one layer for a batch of `N` tokens, with the axes of the taps of `moe`. */
export type RoutedTokens = RoutingWith<Values, "combineWeights" | "probabilities">;

/** A range of tokens of a batch: first index and count. */
export interface TokenRange {
  readonly start: number;
  readonly count: number;
}

/** The router's decisions for a range of tokens of a batch. */
export function routedLayer(
  layer: string,
  { ids, combineWeights, probabilities }: RoutedTokens,
  { start, count }: TokenRange,
): RoutedLayer {
  const numExperts = probabilities.shape[1]!;
  const rowsOf = ({ shape, data }: Values): number[][] =>
    Array.from({ length: shape[0]! }, (_, k) =>
      Array.from({ length: count }, (_, i) => Number(data[k * shape[1]! + start + i])),
    );
  return {
    layer,
    numExperts,
    ids: rowsOf(ids),
    combineWeights: rowsOf(combineWeights),
    probabilities: Float32Array.from({ length: count * numExperts }, (_, i) =>
      Number(probabilities.data[start * numExperts + i]),
    ),
  };
}

/** Removes later choices that no token has. */
export function withoutEmptyChoices(layer: RoutedLayer): RoutedLayer {
  const { ids, combineWeights, numExperts } = layer;
  const kept = [...ids.keys()].filter(
    (k) => k === 0 || ids[k]!.some((id) => id >= 0 && id < numExperts),
  );
  return {
    ...layer,
    ids: kept.map((k) => ids[k]!),
    combineWeights: kept.map((k) => combineWeights[k]!),
  };
}

/** Concatenates the layers of two consecutive texts; returns the second if the first has none. */
export function joinLayers(
  first: readonly RecordedLayer[],
  second: readonly RecordedLayer[],
): RecordedLayer[] {
  return second.map((own, i) => (first[i] === undefined ? own : joinLayer(first[i], own)));
}

function joinLayer(first: RecordedLayer, second: RecordedLayer): RecordedLayer {
  const { layer, numExperts } = second;
  const choices = Math.max(first.ids.length, second.ids.length);
  const join = (part: "ids" | "combineWeights", missing: number): number[][] =>
    Array.from({ length: choices }, (_, k) =>
      [first, second].flatMap(
        (each) => each[part]?.[k] ?? Array<number>(each.ids[0]!.length).fill(missing),
      ),
    );
  const hasWeights = first.combineWeights !== undefined && second.combineWeights !== undefined;
  const [before, after] = [first.probabilities, second.probabilities];
  return {
    layer,
    numExperts,
    ids: join("ids", numExperts),
    ...defined({
      combineWeights: hasWeights ? join("combineWeights", 0) : undefined,
      probabilities: before && after && Float32Array.of(...before, ...after),
    }),
  };
}
