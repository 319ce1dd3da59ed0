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

/** One sample of a batch: its index, the samples of the batch, and the tokens to read. */
export interface BatchedSample {
  readonly samples: number;
  readonly tokens: number;
  readonly at: number;
}

/** The layers among `taps`, for the first tokens of one sample of a batch. */
export function readSampleLayers(
  taps: Readonly<Record<string, NdArray>>,
  names: readonly string[],
  { samples, tokens, at }: BatchedSample,
): RoutedLayer[] {
  return layersOf(names).map((layer) => {
    const routing = readRouting(taps, layer, ...tokenParts);
    const perSample = routing.probabilities.shape[0]! / samples; // all tokens, in the order of samples
    return routedLayer(layer, routing, { start: at * perSample, count: tokens });
  });
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
