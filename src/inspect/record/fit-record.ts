/** Limits the size of a stored record to a few megabytes for any model and images. */

import { defined } from "../../graph/defined.ts";
import type { RecordedImage } from "../types/image.ts";
import type { LayerGallery } from "../types/pair.ts";
import type { RecordedLayer } from "../types/routed-layer.ts";
import type { StoredRecord } from "./record-codec.ts";
import { shrinkTo } from "./shrink-image.ts";

/** Maximum side in pixels: full view, sample grid, thumbnail, patch. */
const SIDES = { mosaic: 160, sample: 96, small: 64, patch: 24 } as const;

/** Maximum bytes of routing details for patches and for words. */
const DETAIL_BYTES = { patches: 2_000_000, words: 1_000_000 } as const;

/** Maximum bytes of gallery patches. */
const GALLERY_BYTES = 1_500_000;

type Layer = Omit<RecordedLayer, "layer" | "numExperts">;

/**
 * The record with images shrunk by integer factors. Mosaics and texts keep their routing details,
 * in order, until the byte limit is reached.
 */
export function fitRecord(record: StoredRecord): StoredRecord {
  const { mosaics, predictions, captions, retrieval, domains, galleries, tokenTraces } = record;
  const keepPatches = detailBudget(DETAIL_BYTES.patches);
  const keepWords = detailBudget(DETAIL_BYTES.words);
  return {
    ...record,
    ...(mosaics && {
      mosaics: mosaics.map((mosaic) => ({
        ...withSide(mosaic, SIDES.mosaic),
        layers: keepPatches(mosaic.layers),
      })),
    }),
    ...(domains?.scenes && {
      domains: {
        ...domains,
        scenes: {
          ...domains.scenes,
          shown: domains.scenes.shown.map((scene) =>
            scene.map((mosaic) => ({
              ...withSide(mosaic, SIDES.sample),
              layers: keepPatches(mosaic.layers),
            })),
          ),
        },
      },
    }),
    ...(predictions && { predictions: predictions.map((item) => withSide(item, SIDES.sample)) }),
    ...(captions && { captions: captions.map((item) => withSide(item, SIDES.sample)) }),
    ...(retrieval && {
      retrieval: {
        ...retrieval,
        byText: retrieval.byText.map((found) => ({
          ...found,
          images: found.images.map((item) => withSide(item, SIDES.small)),
        })),
        byImage: retrieval.byImage.map((item) => withSide(item, SIDES.small)),
      },
    }),
    ...(galleries && { galleries: fitGalleries(galleries) }),
    ...(tokenTraces && {
      tokenTraces: tokenTraces.map((trace) => ({ ...trace, layers: keepWords(trace.layers) })),
    }),
  };
}

function withSide<T extends { readonly image: RecordedImage }>(item: T, side: number): T {
  return { ...item, image: shrinkTo(item.image, side) };
}

/** Shrinks the patches of the galleries, and keeps as many per expert as fit. */
function fitGalleries(galleries: readonly LayerGallery[]): LayerGallery[] {
  const experts = galleries.flatMap((layer) => layer.experts);
  const [first] = experts.flatMap(({ patches }) => patches);
  const each = first === undefined ? 1 : shrinkTo(first.image, SIDES.patch).data.length;
  const most = Math.max(1, Math.floor(GALLERY_BYTES / (each * experts.length)));
  return galleries.map((layer) => ({
    ...layer,
    experts: layer.experts.map((expert) => ({
      ...expert,
      patches: expert.patches.slice(0, most).map((item) => withSide(item, SIDES.patch)),
    })),
  }));
}

/** Charges the routing details of a sample to a byte budget, or drops them if they do not fit. */
function detailBudget(bytes: number): <T extends Layer>(layers: readonly T[]) => readonly T[] {
  let left = bytes;
  return (layers) => {
    const size = layers.reduce((sum, layer) => sum + detailBytes(layer), 0);
    if (size <= left) {
      left -= size;
      return layers;
    }
    return layers.map(firstChoices);
  };
}

/** The layer with first choices only and without probabilities. */
function firstChoices<T extends Layer>(layer: T): T {
  const { probabilities: _, ...rest } = layer;
  const { ids, combineWeights } = layer;
  return {
    ...(rest as T),
    ids: ids.slice(0, 1),
    ...defined({ combineWeights: combineWeights?.slice(0, 1) }),
  };
}

/** Approximate size of a layer's details in the file, bytes. */
function detailBytes({ ids, probabilities }: Layer): number {
  if (probabilities === undefined) return 0;
  const chosen = ids.reduce((sum, row) => sum + row.length, 0);
  return 9 * chosen + 2.7 * probabilities.length;
}
