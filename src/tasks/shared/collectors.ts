/** Collectors that several tasks share: routing, galleries of experts, mosaics of images. */
import type { Batch } from "../../data/batches/batch.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import type { GalleryCollector, GallerySamples } from "../../inspect/expert-gallery.ts";
import { routingStatistics } from "../../inspect/statistics/routing-statistics.ts";
import type { RecordedImage } from "../../inspect/types/image.ts";
import type { LayerGallery } from "../../inspect/types/pair.ts";
import type { LayerRouting } from "../../inspect/types/routing.ts";
import { isRoutingTap, readRouting, statisticsParts } from "../../moe/routing-taps.ts";
import { sampleLabels } from "../routing/routing-record.ts";
import type { Collector } from "./collect.ts";
import {
  MOSAICS_SHOWN,
  type ShownImage,
  type ShownImageOptions,
  shownImage,
} from "./shown-image.ts";

/** Routing taps that reports read. */
const wants = (name: string): boolean => isRoutingTap(name);

/** Collects statistics of every layer: in total, and by class, domain and attribute. */
export function routingCollector(classNames: readonly string[] = []): Collector<LayerRouting[]> {
  const statistics = routingStatistics({ values: { class: classNames } });
  return {
    wants: (name) => isRoutingTap(name, statisticsParts),
    see(outputs, batch, layers) {
      const labels = sampleLabels(batch, classNames);
      for (const layer of layers) {
        statistics.add(layer, { ...readRouting(outputs, layer, "probabilities"), labels });
      }
    },
    result: () => statistics.layers(),
  };
}

/**
 * Collects typical patches and words of each expert.
 *
 * @param samplesOf the tokens of a layer in a batch; undefined skips the layer
 * @param imageOf pixels of an image of the split
 */
export function galleryCollector(
  gallery: GalleryCollector,
  samplesOf: (layer: string, batch: Batch) => GallerySamples | undefined,
  imageOf: (index: number) => RecordedImage,
): Collector<LayerGallery[]> {
  return {
    wants,
    see(outputs, batch, layers) {
      for (const layer of layers) {
        const samples = samplesOf(layer, batch);
        if (samples === undefined) continue;
        gallery.add(layer, readRouting(outputs, layer, "probabilities"), samples);
      }
    },
    result: () => gallery.galleries(imageOf),
  };
}

export interface MosaicOptions extends Pick<ShownImageOptions, "grid" | "stride"> {
  /** Rows of the outputs per image. Default 1. */
  readonly passes?: number;
  /** Number of classes; images are chosen evenly by class. Default: the first images of the split. */
  readonly numClasses?: number;
  /** Layers whose tokens are patches. Default all. */
  readonly isPatchLayer?: (layer: string) => boolean;
}

/** Collects images with the expert of every patch. */
export function mosaicCollector(
  dataset: ImageDataset,
  { passes = 1, numClasses, isPatchLayer = () => true, ...options }: MosaicOptions,
): Collector<readonly ShownImage[]> {
  const mosaics: ShownImage[] = [];
  const isWanted = (label: number): boolean => {
    if (mosaics.length >= MOSAICS_SHOWN) return false;
    if (numClasses === undefined) return true;
    const same = mosaics.filter(({ mosaic }) => mosaic.label === label).length;
    return same <= mosaics.length / numClasses;
  };
  return {
    wants,
    see(outputs, { indices, arrays }, layers) {
      const patchLayers = layers.filter(isPatchLayer);
      for (const [i, index] of indices.entries()) {
        if (!isWanted(Number(arrays.labels?.data[i] ?? 0))) continue;
        const row = i * passes;
        mosaics.push(shownImage(dataset, { index, row, layers: patchLayers, outputs, ...options }));
      }
    },
    result: () => mosaics,
  };
}
