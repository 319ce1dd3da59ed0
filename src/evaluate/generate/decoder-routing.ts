/** What the routers of a decoder made of the tokens that it read. */
import { allocate, type NdArray } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { Trace } from "../../nn/scope.ts";

/** Experts of one token per layer, best first; the number of experts stands for "none". */
export type TokenExperts = readonly (readonly number[])[];

/** What the router of one layer made of one token. */
export interface TokenChoice {
  /** Best first; the number of experts stands for "none". */
  readonly experts: readonly number[]; // [K]
  /** Weights of these in the output. */
  readonly gates: readonly number[]; // [K]
  /** Of every expert. */
  readonly probabilities: Float32Array; // [E]
}

/** What the routers made of some tokens: an entry per token, which has one per layer. */
export interface SequenceRouting {
  readonly tokens: readonly (readonly TokenChoice[])[];
  /** The same of the layers that read the prefix alone, whose tokens are their own. */
  readonly prefix: readonly (readonly TokenChoice[])[];
}

/** How much of the routing a graph tells. */
export type RoutingDetail = "none" | "experts" | "all";

/** A layer whose routing a graph has among its outputs. */
export interface RoutedLayer {
  readonly layer: string;
  /** `K` */
  readonly numSelected: number;
  /** `E` */
  readonly numExperts: number;
}

/** Names of the layers that route, from the first on. */
export function routedLayers({ taps }: Trace): string[] {
  const names = [...taps.keys()].filter((name) => /(^|\.)moe\.ids$/.test(name));
  return names.map((name) => name.replace(/\.ids$/, ""));
}

const parts = { none: [], experts: ["ids"], all: ["ids", "combine_weights", "probabilities"] };

/** The outputs that tell the routing of layers: `<layer>.ids` `[K, N]` and the like. */
export function routingOutputs(
  { taps }: Trace,
  layers: readonly string[],
  detail: RoutingDetail,
): Record<string, Tensor> {
  const names = layers.flatMap((layer) => parts[detail].map((part) => `${layer}.${part}`));
  return Object.fromEntries(names.map((name) => [name, taps.get(name)!]));
}

/** Sizes of the layers. */
export function describeLayers({ taps }: Trace, layers: readonly string[]): RoutedLayer[] {
  return layers.map((layer) => ({
    layer,
    numSelected: taps.get(`${layer}.ids`)!.shape[0] as number,
    numExperts: taps.get(`${layer}.probabilities`)!.shape[1] as number,
  }));
}

/** Memory for the routing of `numTokens` tokens. */
export function allocateRouting(
  layers: readonly RoutedLayer[],
  numTokens: number,
  detail: RoutingDetail,
): Record<string, NdArray> {
  const entries = layers.flatMap(({ layer, numSelected, numExperts }): [string, NdArray][] => {
    const all: [string, NdArray][] = [
      [`${layer}.ids`, allocate("int64", [numSelected, numTokens])],
      [`${layer}.combine_weights`, allocate("float32", [numSelected, numTokens])],
      [`${layer}.probabilities`, allocate("float32", [numTokens, numExperts])],
    ];
    return all.slice(0, parts[detail].length);
  });
  return Object.fromEntries(entries);
}

type Outputs = Readonly<Record<string, NdArray>>;

/** Experts of `count` tokens from token `first` on. */
export function readExperts(
  layers: readonly RoutedLayer[],
  outputs: Outputs,
  first: number,
  count: number,
): TokenExperts[] {
  if (layers.length === 0) return [];
  return Array.from({ length: count }, (_, at) =>
    layers.map(({ layer }) => Array.from(column(outputs[`${layer}.ids`]!, first + at), Number)),
  );
}

/** Choices, weights and probabilities of `count` tokens from token `first` on. */
export function readChoices(
  layers: readonly RoutedLayer[],
  outputs: Outputs,
  first: number,
  count: number,
): TokenChoice[][] {
  if (layers.length === 0) return [];
  return Array.from({ length: count }, (_, i) =>
    layers.map(({ layer, numExperts }) => {
      const at = first + i;
      const { data } = outputs[`${layer}.probabilities`]!; // [N, E]
      return {
        experts: column(outputs[`${layer}.ids`]!, at).map(Number),
        gates: column(outputs[`${layer}.combine_weights`]!, at).map(Number),
        probabilities: (data as Float32Array).slice(at * numExperts, (at + 1) * numExperts),
      };
    }),
  );
}

/** The same of all tokens of sequence `row` of `numRows`, whose tokens stand side by side. */
export function readRow(
  layers: readonly RoutedLayer[],
  outputs: Outputs,
  row: number,
  numRows: number,
): TokenChoice[][] {
  if (layers.length === 0) return [];
  const [, numTokens] = outputs[`${layers[0]!.layer}.ids`]!.shape as [number, number];
  const count = numTokens / numRows;
  return readChoices(layers, outputs, row * count, count);
}

/** Column `at` of `[K, N]`. */
function column({ shape, data }: NdArray, at: number): (number | bigint)[] {
  const [rows, columns] = shape as [number, number];
  return Array.from({ length: rows }, (_, k) => data[k * columns + at]!);
}
