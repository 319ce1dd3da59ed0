/** The routing of one image or text, in a common form for records and live models. */
import { layerExperts, type Mosaic, type PatchDecision, type RecordedLayer } from "moesaic/inspect";
import type { StoredRecord } from "./record.ts";

/** Layers over the patches of an image, row by row. */
export interface ImageRouting {
  readonly rows: number;
  readonly cols: number;
  readonly layers: readonly RecordedLayer[];
}

/** Layers over the tokens of a text. */
export interface TextRouting {
  readonly tokens: readonly string[]; // [S]
  readonly layers: readonly RecordedLayer[];
}

/** The routing of a recorded image; layers follow the order of the run. */
export function imageRouting(mosaic: Mosaic, record: StoredRecord): ImageRouting | undefined {
  const first = mosaic.layers[0];
  if (first === undefined) return undefined;
  const order = (record.routing ?? []).map(({ layer }) => layer);
  const layers = mosaic.layers.map((layer) => ({
    ...layer,
    numExperts: layerExperts(layer, record.routing),
  }));
  return {
    rows: first.rows,
    cols: first.cols,
    layers: layers.sort((a, b) => order.indexOf(a.layer) - order.indexOf(b.layer)),
  };
}

/** The `choice`-th expert of a patch or token, or -1. */
export function expertAt(layer: RecordedLayer, choice: number, place: number): number {
  const expert = layer.ids[choice]?.[place] ?? -1;
  return expert >= 0 && expert < layer.numExperts ? expert : -1;
}

/** Weight of the `choice`-th expert of a patch or token, 0 to 1; undefined if unknown. */
export function weightAt(layer: RecordedLayer, choice: number, place: number): number | undefined {
  return layer.combineWeights?.[choice]?.[place];
}

/** Decisions of every layer for one patch or token; weights replace unknown probabilities. */
export function decisionsAt(
  layers: readonly RecordedLayer[],
  place: number,
): PatchDecision["layers"] {
  return layers.map((layer) => {
    const { numExperts, ids, probabilities } = layer;
    const weights = Array<number>(numExperts).fill(0);
    const chosen: number[] = [];
    for (const k of ids.keys()) {
      const expert = expertAt(layer, k, place);
      if (expert < 0) continue;
      chosen.push(expert);
      weights[expert] = weightAt(layer, k, place) ?? 0;
    }
    const own = probabilities?.slice(place * numExperts, (place + 1) * numExperts);
    return { layer: layer.layer, probabilities: own ? Array.from(own) : weights, ids: chosen };
  });
}

/** Maximum number of experts of any layer. */
export function mostExperts(layers: readonly RecordedLayer[]): number {
  return layers.reduce((most, { numExperts }) => Math.max(most, numExperts), 0);
}

/** Maximum number of choices of any layer. */
export function mostChoices(layers: readonly RecordedLayer[]): number {
  return layers.reduce((most, { ids }) => Math.max(most, ids.length), 0);
}

/** Fraction of the patches or tokens per expert, for the given choice. */
export function sharesOf(layers: readonly RecordedLayer[], choice: number): number[] {
  const counts = Array<number>(mostExperts(layers)).fill(0);
  let total = 0;
  for (const layer of layers) {
    const length = layer.ids[choice]?.length ?? 0;
    for (let place = 0; place < length; place++) {
      const expert = expertAt(layer, choice, place);
      if (expert >= 0) counts[expert]! += 1;
    }
    total += length;
  }
  return counts.map((value) => (total > 0 ? value / total : 0));
}
