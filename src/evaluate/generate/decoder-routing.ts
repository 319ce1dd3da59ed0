/** Router decisions of a decoder for the tokens that it reads. */
import { allocate, type NdArray } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { readRouting, routingTap, tokenParts } from "../../moe/routing-taps.ts";
import type { Trace } from "../../nn/scope.ts";

/** Experts of one token per layer, best first; the number of experts means "none". */
export type TokenExperts = readonly (readonly number[])[];

/** The router's decision of one layer for one token. */
export interface TokenChoice {
  /** Chosen experts, best first; the number of experts means "none". */
  readonly ids: readonly number[]; // [K]
  /** Weights of the chosen experts in the output. */
  readonly combineWeights: readonly number[]; // [K]
  /** Probability of every expert. */
  readonly probabilities: Float32Array; // [E]
}

/** The routing of some tokens: one entry per token, with one entry per layer. */
export interface SequenceRouting {
  readonly tokens: readonly (readonly TokenChoice[])[];
  /** The routing of the prefix's own tokens, in the layers that read only the prefix. */
  readonly prefix: readonly (readonly TokenChoice[])[];
}

/** Parts of the routing that a graph outputs. */
export type RoutingDetail = "none" | "experts" | "all";

/** Sizes of a layer whose routing a graph outputs. */
export interface RoutedLayerSizes {
  readonly layer: string;
  /** Number of choices, `K`. */
  readonly numSelectedExperts: number;
  /** Number of experts, `E`. */
  readonly numExperts: number;
}

const partsOf = { none: [], experts: ["ids"], all: tokenParts } as const;

/** The outputs with the routing of layers: `<layer>.ids` `[K, N]` and so on. */
export function routingOutputs(
  { taps }: Trace,
  layers: readonly string[],
  detail: RoutingDetail,
): Record<string, Tensor> {
  const names = layers.flatMap((layer) => partsOf[detail].map((part) => routingTap(layer, part)));
  return Object.fromEntries(names.map((name) => [name, taps.get(name)!]));
}

/** Sizes of the layers. */
export function routedLayerSizes({ taps }: Trace, layers: readonly string[]): RoutedLayerSizes[] {
  const tensors = Object.fromEntries(taps);
  return layers.map((layer) => {
    const { ids, probabilities } = readRouting(tensors, layer, "probabilities");
    return {
      layer,
      numSelectedExperts: ids.shape[0] as number,
      numExperts: probabilities.shape[1] as number,
    };
  });
}

/** Allocates memory for the routing of `numTokens` tokens. */
export function allocateRouting(
  layers: readonly RoutedLayerSizes[],
  numTokens: number,
  detail: RoutingDetail,
): Record<string, NdArray> {
  const entries = layers.flatMap(({ layer, numSelectedExperts, numExperts }) => {
    const arrays = {
      ids: () => allocate("int64", [numSelectedExperts, numTokens]),
      combineWeights: () => allocate("float32", [numSelectedExperts, numTokens]),
      probabilities: () => allocate("float32", [numTokens, numExperts]),
    };
    return partsOf[detail].map((part): [string, NdArray] => [
      routingTap(layer, part),
      arrays[part](),
    ]);
  });
  return Object.fromEntries(entries);
}

type Outputs = Readonly<Record<string, NdArray>>;

/** Experts of `count` tokens, starting at token `first`. */
export function readExperts(
  layers: readonly RoutedLayerSizes[],
  outputs: Outputs,
  first: number,
  count: number,
): TokenExperts[] {
  if (layers.length === 0) return [];
  const routed = layers.map(({ layer }) => readRouting(outputs, layer));
  return Array.from({ length: count }, (_, at) =>
    routed.map(({ ids }) => column(ids, first + at).map(Number)),
  );
}

/** Choices, weights and probabilities of `count` tokens, starting at token `first`. */
export function readChoices(
  layers: readonly RoutedLayerSizes[],
  outputs: Outputs,
  first: number,
  count: number,
): TokenChoice[][] {
  if (layers.length === 0) return [];
  const routed = layers.map(({ layer }) => readRouting(outputs, layer, ...tokenParts));
  return Array.from({ length: count }, (_, i) =>
    routed.map(({ ids, combineWeights, probabilities: { data, shape } }) => {
      const at = first + i;
      const numExperts = shape[1]!;
      return {
        ids: column(ids, at).map(Number),
        combineWeights: column(combineWeights, at).map(Number),
        probabilities: (data as Float32Array).slice(at * numExperts, (at + 1) * numExperts),
      };
    }),
  );
}

/** Choices of all tokens of sequence `row` of `numRows`; its tokens are contiguous. */
export function readRow(
  layers: readonly RoutedLayerSizes[],
  outputs: Outputs,
  row: number,
  numRows: number,
): TokenChoice[][] {
  const [first] = layers;
  if (first === undefined) return [];
  const [, numTokens] = readRouting(outputs, first.layer).ids.shape as [number, number];
  const count = numTokens / numRows;
  return readChoices(layers, outputs, row * count, count);
}

/** Column `at` of `[K, N]`. */
function column({ shape, data }: NdArray, at: number): (number | bigint)[] {
  const [rows, columns] = shape as [number, number];
  return Array.from({ length: rows }, (_, k) => data[k * columns + at]!);
}
