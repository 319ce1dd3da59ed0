/** Codecs of texts and image-text pairs in `record.json`. */

import type { LayerGallery, RetrievalSamples } from "../types/pair.ts";
import type { RecordedLayer } from "../types/routed-layer.ts";
import type { TokenTrace } from "../types/text.ts";
import {
  type Codec,
  flag,
  list,
  number,
  optional,
  storedAs,
  struct,
  text,
  whole,
} from "./json-codec.ts";
import {
  allChoiceFields,
  firstChoiceFields,
  layerCodec,
  MAX_EXPERTS,
  type StoredDecisions,
} from "./record-choices.ts";
import { imageCodec, MAX_LAYERS } from "./record-images.ts";

const MAX_TOKENS = 65_536;

export const tokenTraceCodec: Codec<TokenTrace> = struct<TokenTrace>({
  tokens: list(text(1000), MAX_TOKENS),
  layers: list(
    layerCodec(
      struct<Pick<RecordedLayer, "layer" | "numExperts"> & StoredDecisions>({
        layer: text(1000),
        numExperts: whole(1, MAX_EXPERTS),
        ...firstChoiceFields,
        ...allChoiceFields,
      }),
    ),
    MAX_LAYERS,
  ),
  label: optional(number),
  predicted: optional(number),
});

export const galleryCodec: Codec<LayerGallery> = struct<LayerGallery>({
  layer: text(1000),
  numPatches: number,
  numWords: number,
  experts: list(
    struct({
      expert: number,
      numPatches: number,
      numWords: number,
      patches: list(
        struct({
          image: imageCodec,
          index: number,
          patch: number,
          probability: storedAs("gate", number),
        }),
        1000,
      ),
      words: list(struct({ text: text(1000), count: number, total: number }), 1000),
    }),
    MAX_EXPERTS,
  ),
});

const matchFields = { score: number, own: flag };

export const retrievalCodec: Codec<RetrievalSamples> = struct<RetrievalSamples>({
  split: text(100),
  numImages: number,
  numTexts: number,
  byText: list(
    struct({
      text: text(10_000),
      rank: number,
      images: list(struct({ ...matchFields, image: imageCodec }), 1000),
    }),
    1000,
  ),
  byImage: list(
    struct({
      image: imageCodec,
      rank: number,
      texts: list(struct({ ...matchFields, text: text(10_000) }), 1000),
    }),
    1000,
  ),
});
