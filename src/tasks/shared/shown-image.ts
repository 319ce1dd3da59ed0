/** Single images in reports. */

import type { ImageDataset } from "../../data/dataset.ts";
import { readSample } from "../../data/read-sample.ts";
import type { NdArray } from "../../graph/array.ts";
import type { PredictedSample } from "../../inspect/confusion-sampler.ts";
import { patchDecisions } from "../../inspect/decisions.ts";
import { mosaicLayer } from "../../inspect/mosaic-layer.ts";
import { shrinkTo } from "../../inspect/record/shrink-image.ts";
import type { ConfusionSample, RecordedImage } from "../../inspect/types/image.ts";
import type { Mosaic } from "../../inspect/types/mosaic.ts";
import type { LayerRouting } from "../../inspect/types/routing.ts";
import type { Classifier } from "../../models/classifier.ts";
import { readRouting, tokenParts } from "../../moe/routing-taps.ts";

/** Maximum number of images in a report. */
export const MOSAICS_SHOWN = 12;

/** Maximum side of a thumbnail, in pixels. */
const THUMBNAIL_SIDE = 48;

/** An image of a split with its routing. */
export interface ShownImage {
  /** Index in the split. */
  readonly index: number;
  readonly mosaic: Mosaic;
}

export interface ShownImageOptions extends Pick<Classifier, "grid"> {
  readonly index: number;
  /** Image index in the outputs. */
  readonly row: number;
  /** Layers whose tokens are patches. */
  readonly layers: readonly string[];
  readonly outputs: Readonly<Record<string, NdArray>>;
  /** Tokens per image or pair. Default: the number of patches. */
  readonly stride?: number;
  /** Number of tokens before the patches. Default 0. */
  readonly before?: number;
}

/**
 * Reads the first choice of every patch, and the full decisions of some patches, from an
 * evaluation.
 */
export function shownImage(
  dataset: ImageDataset,
  { index, row, layers, grid, outputs, before = 0, ...rest }: ShownImageOptions,
): ShownImage {
  const { stride = grid.rows * grid.columns } = rest;
  const { label, captions = [] } = readSample(dataset, index);
  const routed = layers.map((layer) => ({ layer, ...readRouting(outputs, layer, ...tokenParts) }));
  const maps = routed.map(({ layer, ...tokens }) =>
    mosaicLayer(layer, tokens, { ...grid, sample: row, stride, before }),
  );
  const mosaic = {
    image: recordedImage(dataset, index),
    label,
    ...(captions[0] !== undefined && { caption: captions[0] }),
    layers: maps,
    ...(routed.length > 0 && {
      decisions: patchDecisions({ layers: routed, ...grid, sample: row, stride, before }),
    }),
  };
  return { index, mosaic };
}

/** The picture before normalisation. */
export function recordedImage(dataset: ImageDataset, index: number): RecordedImage {
  const { image, width, height, channels } = readSample(dataset, index);
  return { width, height, channels, data: image };
}

/** Thumbnails of the samples of a confusion matrix. */
export function confusionThumbnails(
  dataset: ImageDataset,
  samples: readonly PredictedSample[],
): ConfusionSample[] {
  return samples.map(({ label, predicted, index }) => ({
    label,
    predicted,
    image: shrinkTo(recordedImage(dataset, index), THUMBNAIL_SIDE),
  }));
}

/** Adds the kind of each expert to the layers, if known. */
export function withKinds(
  layers: readonly LayerRouting[],
  expertKinds: readonly string[] | undefined,
): LayerRouting[] {
  return layers.map((layer) =>
    expertKinds?.length === layer.numExperts ? { ...layer, expertKinds } : layer,
  );
}
