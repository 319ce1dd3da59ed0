/** What routers made of one image or text, in one form for records and for live models. */
import type { PatchDecision } from "../../../src/inspect/types/attention.ts";
import type { Mosaic, MosaicLayer } from "../../../src/inspect/types/mosaic.ts";
import type { TokenTrace } from "../../../src/inspect/types/text.ts";
import type { RoutedImage, RoutedText } from "../../../src/live/types.ts";
import type { StoredRecord } from "./record.ts";

/** One layer over `S` patches or tokens. */
export interface RoutingLayer {
  readonly layer: string;
  readonly numExperts: number;
  /** Best first; values outside 0 to E-1 are none. */
  readonly choices: readonly ArrayLike<number>[]; // [K, S]
  /** 0 to 1; those of later choices may be unknown. */
  readonly weights: readonly (ArrayLike<number> | undefined)[]; // [K, S]
  /** Of every expert, 0 to 1, token by token. */
  readonly probabilities?: ArrayLike<number>; // [S * E]
}

export interface ImageRouting {
  readonly rows: number;
  readonly cols: number;
  readonly layers: readonly RoutingLayer[];
}

export interface TextRouting {
  readonly tokens: readonly string[]; // [S]
  readonly layers: readonly RoutingLayer[];
}

/** The routing of a recorded image; layers stand in the order of the run's. */
export function imageRouting(mosaic: Mosaic, record: StoredRecord): ImageRouting | undefined {
  const first = mosaic.layers[0];
  if (first === undefined) return undefined;
  const order = (record.routing ?? []).map(({ layer }) => layer);
  const layers = mosaic.layers.map((entry) => recordedLayer(entry, expertsOf(entry, record)));
  return {
    rows: first.rows,
    cols: first.cols,
    layers: layers.sort((a, b) => order.indexOf(a.layer) - order.indexOf(b.layer)),
  };
}

/** The routing of a recorded text. */
export function textRouting({ tokens, layers }: TokenTrace): TextRouting {
  return { tokens, layers: layers.map((entry) => recordedLayer(entry, entry.numExperts)) };
}

/** The routing of what a live model was given. */
export function liveRouting<Routed extends RoutedImage | RoutedText>(
  routed: Routed,
): Omit<Routed, "layers"> & { readonly layers: readonly RoutingLayer[] } {
  const layers = routed.layers.map(({ experts, gates, ...layer }) => ({
    ...layer,
    choices: experts,
    weights: gates,
  }));
  return { ...routed, layers };
}

/** Expert that is the `choice`-th of a patch or token, or -1. */
export function expertAt(layer: RoutingLayer, choice: number, place: number): number {
  const expert = layer.choices[choice]?.[place] ?? -1;
  return expert >= 0 && expert < layer.numExperts ? expert : -1;
}

/** One choice of one layer, as the mosaic chart draws it. */
export function chosenMosaic(
  { rows, cols }: ImageRouting,
  layer: RoutingLayer,
  choice: number,
): MosaicLayer {
  const none = Array<number>(rows * cols).fill(-1);
  const weights = layer.weights[choice];
  return {
    layer: layer.layer,
    rows,
    cols,
    numExperts: layer.numExperts,
    experts: Array.from(layer.choices[choice] ?? none),
    ...(weights && { gates: Array.from(weights) }),
  };
}

/** What every layer made of one patch or token; without probabilities, what is known of its choices. */
export function decisionsAt(
  layers: readonly RoutingLayer[],
  place: number,
): PatchDecision["layers"] {
  return layers.map((layer) => {
    const { numExperts, choices, weights, probabilities } = layer;
    const experts = choices.map((_, k) => expertAt(layer, k, place)).filter((e) => e >= 0);
    const known = Array<number>(numExperts).fill(0);
    for (const k of choices.keys()) {
      const expert = expertAt(layer, k, place);
      if (expert >= 0) known[expert] = weights[k]?.[place] ?? 0;
    }
    const start = place * numExperts;
    const shares = probabilities && Array.from(probabilities).slice(start, start + numExperts);
    return { layer: layer.layer, probabilities: shares ?? known, experts };
  });
}

/** Most experts of any layer. */
export function mostExperts(layers: readonly RoutingLayer[]): number {
  return layers.reduce((most, { numExperts }) => Math.max(most, numExperts), 0);
}

/** Most choices of any layer. */
export function mostChoices(layers: readonly RoutingLayer[]): number {
  return layers.reduce((most, { choices }) => Math.max(most, choices.length), 0);
}

/** Share of the patches or tokens that have each expert as the given choice. */
export function sharesOf(layers: readonly RoutingLayer[], choice: number): number[] {
  const counts = Array<number>(mostExperts(layers)).fill(0);
  let total = 0;
  for (const layer of layers) {
    const length = layer.choices[choice]?.length ?? 0;
    for (let place = 0; place < length; place++) {
      const expert = expertAt(layer, choice, place);
      if (expert >= 0) counts[expert]! += 1;
    }
    total += length;
  }
  return counts.map((value) => (total > 0 ? value / total : 0));
}

interface RecordedLayer {
  readonly layer: string;
  readonly experts: ArrayLike<number>;
  readonly gates?: ArrayLike<number>;
  readonly choices?: readonly ArrayLike<number>[];
  readonly weights?: readonly ArrayLike<number>[];
  readonly probabilities?: ArrayLike<number>;
}

function recordedLayer(entry: RecordedLayer, numExperts: number): RoutingLayer {
  const { layer, experts, gates, choices = [experts], weights = [gates], probabilities } = entry;
  return { layer, numExperts, choices, weights, ...(probabilities && { probabilities }) };
}

function expertsOf({ layer, numExperts, experts }: MosaicLayer, record: StoredRecord): number {
  const routed = record.routing?.find((entry) => entry.layer === layer)?.numExperts;
  return numExperts ?? routed ?? Array.from(experts).reduce((m, e) => Math.max(m, e + 1), 0);
}
