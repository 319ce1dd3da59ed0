/** Reads what routers made of one sample out of the outputs of a graph. */
import type { TokenChoice } from "../evaluate/generate/decoder-routing.ts";
import type { NdArray } from "../graph/array.ts";
import type { RoutedLayer } from "./types.ts";

/** Whether routing is read from a tap of this name. */
export function isRoutingTap(name: string): boolean {
  return /\.(ids|combine_weights|probabilities)$/.test(name);
}

/** The layers among `taps` for the first `count` tokens of the one sample in the batch. */
export function readLayers(
  taps: Readonly<Record<string, NdArray>>,
  names: readonly string[],
  count: number,
): RoutedLayer[] {
  const layers = names.filter((name) => name.endsWith(".ids")).map((name) => name.slice(0, -4));
  return layers.map((layer) => {
    const probabilities = taps[`${layer}.probabilities`]!; // [N, E]
    const numExperts = probabilities.shape[1]!;
    return {
      layer,
      numExperts,
      experts: rows(taps[`${layer}.ids`]!, count),
      gates: rows(taps[`${layer}.combine_weights`]!, count),
      probabilities: (probabilities.data as Float32Array).slice(0, count * numExperts),
    };
  });
}

/** The first `count` columns of each row of `[K, N]`. */
function rows({ shape, data }: NdArray, count: number): number[][] {
  const [numRows, numColumns] = shape as [number, number];
  return Array.from({ length: numRows }, (_, row) =>
    Array.from(data.slice(row * numColumns, row * numColumns + count), Number),
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
    const [{ experts, probabilities: first }] = own as [TokenChoice];
    const numExperts = first.length;
    const probabilities = new Float32Array(own.length * numExperts);
    own.forEach((token, at) => {
      probabilities.set(token.probabilities, at * numExperts);
    });
    return {
      layer,
      numExperts,
      experts: experts.map((_, k) => own.map((token) => token.experts[k]!)),
      gates: experts.map((_, k) => own.map((token) => token.gates[k]!)),
      probabilities,
    };
  });
}
