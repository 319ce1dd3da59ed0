/** Reads the routing of one sample from the outputs of a graph. */
import type { TokenChoice } from "../evaluate/generate/decoder-routing.ts";
import type { NdArray } from "../graph/array.ts";
import { routedLayer } from "../inspect/routed-layer.ts";
import type { RoutedLayer } from "../inspect/types/routed-layer.ts";
import { isRoutingTap, layersOf, readRouting, tokenParts } from "../moe/routing-taps.ts";

/** Whether routing is read from a tap with this name. */
export function isTokenTap(name: string): boolean {
  return isRoutingTap(name, tokenParts);
}

/** The layers among `taps`, for the first `count` tokens of the single sample in the batch. */
export function readLayers(
  taps: Readonly<Record<string, NdArray>>,
  names: readonly string[],
  count: number,
): RoutedLayer[] {
  return layersOf(names).map((layer) =>
    routedLayer(layer, readRouting(taps, layer, ...tokenParts), { start: 0, count }),
  );
}

/** The layers of a decoder for the tokens that it read. */
export function joinChoices(
  names: readonly string[],
  tokens: readonly (readonly TokenChoice[])[],
): RoutedLayer[] {
  if (tokens.length === 0) return [];
  return names.map((layer, i) => {
    const own = tokens.map((token) => token[i]!);
    const [first] = own as [TokenChoice];
    const numExperts = first.probabilities.length;
    const probabilities = new Float32Array(own.length * numExperts);
    own.forEach((token, at) => {
      probabilities.set(token.probabilities, at * numExperts);
    });
    const rows = (part: "ids" | "combineWeights"): number[][] =>
      first[part].map((_, k) => own.map((token) => token[part][k]!));
    return {
      layer,
      numExperts,
      ids: rows("ids"),
      combineWeights: rows("combineWeights"),
      probabilities,
    };
  });
}
