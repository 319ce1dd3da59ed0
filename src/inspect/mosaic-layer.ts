/** Reads which experts the patches of one image went to. */
import { type RoutedTokens, routedLayer, withoutEmptyChoices } from "./routed-layer.ts";
import type { MosaicLayer } from "./types/mosaic.ts";
import type { LayerRouting } from "./types/routing.ts";

export interface MosaicLayerOptions {
  readonly rows: number;
  readonly columns: number;
  /** Place of the image among the samples of the batch. */
  readonly sample: number;
  /** Tokens of a sample, such as patches and words of a pair; by default its patches alone. */
  readonly stride?: number;
  /** Tokens of a sample in front of its patches. Default 0. */
  readonly before?: number;
}

/** What the router of a layer decided for every patch of one sample of a batch. */
export function mosaicLayer(
  layer: string,
  routed: RoutedTokens,
  { rows, columns, sample, stride = rows * columns, before = 0 }: MosaicLayerOptions,
): MosaicLayer {
  const patches = { start: sample * stride + before, count: rows * columns };
  return { ...withoutEmptyChoices(routedLayer(layer, routed, patches)), rows, cols: columns };
}

/** Experts of a layer: as recorded, else those of the run's routing, else the highest number seen. */
export function layerExperts(
  { layer, numExperts, ids }: MosaicLayer,
  routing: readonly LayerRouting[] = [],
): number {
  const routed = routing.find((entry) => entry.layer === layer)?.numExperts;
  const seen = (): number => (ids[0] ?? []).reduce((most, id) => Math.max(most, id + 1), 0);
  return numExperts ?? routed ?? seen();
}
