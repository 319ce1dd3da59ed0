/** Reads the expert assignments of the patches of one image. */
import { type RoutedTokens, routedLayer, withoutEmptyChoices } from "./routed-layer.ts";
import type { MosaicLayer } from "./types/mosaic.ts";
import type { LayerRouting } from "./types/routing.ts";

export interface MosaicLayerOptions {
  readonly rows: number;
  readonly columns: number;
  /** Index of the image in the batch. */
  readonly sample: number;
  /**
   * Number of tokens per sample, such as patches and words of a pair. Default: its patches only.
   */
  readonly stride?: number;
  /** Number of tokens before the patches of a sample. Default 0. */
  readonly before?: number;
}

/** The router's decisions for every patch of one sample of a batch. */
export function mosaicLayer(
  layer: string,
  routed: RoutedTokens,
  { rows, columns, sample, stride = rows * columns, before = 0 }: MosaicLayerOptions,
): MosaicLayer {
  const patches = { start: sample * stride + before, count: rows * columns };
  return { ...withoutEmptyChoices(routedLayer(layer, routed, patches)), rows, cols: columns };
}

/** Number of experts: the recorded number, else the run's routing, else the highest id seen. */
export function layerExperts(
  { layer, numExperts, ids }: MosaicLayer,
  routing: readonly LayerRouting[] = [],
): number {
  const routed = routing.find((entry) => entry.layer === layer)?.numExperts;
  const seen = (): number => (ids[0] ?? []).reduce((most, id) => Math.max(most, id + 1), 0);
  return numExperts ?? routed ?? seen();
}
