/** Keeps what is stored of a run small: a few megabytes, whatever the images and the model. */

import { defined } from "../../graph/defined.ts";
import type { RecordedImage } from "../types/image.ts";
import type { LayerGallery } from "../types/pair.ts";
import type { RecordedLayer } from "../types/routed-layer.ts";
import type { StoredRecord } from "./record-codec.ts";
import { shrinkTo } from "./shrink-image.ts";

/** Longest sides of pictures, in pixels: looked at closely, among others, beside their like; a patch. */
const SIDES = { mosaic: 160, sample: 96, small: 64, patch: 24 } as const;

/** Bytes of details of routers, for patches and for words. */
const DETAIL_BYTES = { patches: 2_000_000, words: 1_000_000 } as const;

/** Bytes of the patches in galleries. */
const GALLERY_BYTES = 1_500_000;

type Layer = Omit<RecordedLayer, "layer" | "numExperts">;

/**
 * The record with pictures shrunk by whole factors, and with details of routers for as many of the
 * mosaics and texts, in their order, as there is room for.
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

/** The galleries with small patches, of which every expert keeps as many as there is room for. */
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

/** Takes the details of all layers of a sample off a budget, or leaves them out. */
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

/** The layer without later choices and probabilities. */
function firstChoices<T extends Layer>(layer: T): T {
  const { probabilities: _, ...rest } = layer;
  const { ids, combineWeights } = layer;
  return {
    ...(rest as T),
    ids: ids.slice(0, 1),
    ...defined({ combineWeights: combineWeights?.slice(0, 1) }),
  };
}

/** About what the details of a layer take in a file. */
function detailBytes({ ids, probabilities }: Layer): number {
  if (probabilities === undefined) return 0;
  const chosen = ids.reduce((sum, row) => sum + row.length, 0);
  return 9 * chosen + 2.7 * probabilities.length;
}
