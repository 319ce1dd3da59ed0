/** Keeps what is stored of a run small: a few megabytes, whatever the images and the model. */
import type { StoredRecord } from "./record-codec.ts";
import type { RouterDetails } from "./router-details.ts";
import { shrinkTo } from "./shrink-image.ts";
import type { RecordedImage } from "./types.ts";

/** Longest sides of pictures, in pixels: looked at closely, among others, beside their like; a patch. */
const SIDES = { mosaic: 160, sample: 96, small: 64, patch: 24 } as const;

/** Bytes of details of routers, for patches and for words. */
const DETAIL_BYTES = { patches: 2_000_000, words: 1_000_000 } as const;

type Layer = Partial<RouterDetails>;

/**
 * The record with pictures shrunk by whole factors, and with details of routers for as many of the
 * mosaics and texts, in their order, as there is room for.
 */
export function fitRecord(record: StoredRecord): StoredRecord {
  const { mosaics, predictions, captions, retrieval, domains, galleries, tokenTraces } = record;
  const keepPatches = detailBudget(DETAIL_BYTES.patches);
  const keepWords = detailBudget(DETAIL_BYTES.words);
  const withSide = <T extends { readonly image: RecordedImage }>(item: T, side: number): T => ({
    ...item,
    image: shrinkTo(item.image, side),
  });
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
    ...(galleries && {
      galleries: galleries.map((layer) => ({
        ...layer,
        experts: layer.experts.map((expert) => ({
          ...expert,
          patches: expert.patches.map((item) => withSide(item, SIDES.patch)),
        })),
      })),
    }),
    ...(tokenTraces && {
      tokenTraces: tokenTraces.map((trace) => ({ ...trace, layers: keepWords(trace.layers) })),
    }),
  };
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
    return layers.map(
      ({ choices: _, weights: __, probabilities: ___, ...layer }) => layer as never,
    );
  };
}

/** About what the details of a layer take in a file. */
function detailBytes({ choices = [], probabilities }: Layer): number {
  const chosen = choices.reduce((sum, row) => sum + row.length, 0);
  return 9 * chosen + 2.7 * (probabilities?.length ?? 0);
}
