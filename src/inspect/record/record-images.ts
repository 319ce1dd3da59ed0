/** Codecs of images, predictions and mosaics in `record.json`. */

import type { AttentionLayer, ImageAttention, PatchDecision } from "../types/attention.ts";
import type { RecordedImage } from "../types/image.ts";
import type { Mosaic, MosaicLayer } from "../types/mosaic.ts";
import {
  bytes,
  type Codec,
  checked,
  list,
  number,
  numbers,
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

/** Side length, pixels. */
const MAX_SIDE = 4096;
const MAX_IMAGE_BYTES = 16 * 2 ** 20;
const MAX_TOKENS = 65_536;
export const MAX_LAYERS = 512;

export const imageCodec: Codec<RecordedImage> = checked(
  struct<RecordedImage>({
    width: whole(1, MAX_SIDE),
    height: whole(1, MAX_SIDE),
    channels: whole(1, 4),
    data: bytes(MAX_IMAGE_BYTES),
  }),
  ({ width, height, channels, data }) =>
    data.length === width * height * channels
      ? undefined
      : `has ${data.length} bytes for ${width}x${height}x${channels}`,
);

const mosaicLayerCodec: Codec<MosaicLayer> = layerCodec(
  checked(
    struct<Omit<MosaicLayer, "ids" | "combineWeights"> & StoredDecisions>({
      layer: text(1000),
      rows: whole(1, 1024),
      cols: whole(1, 1024),
      ...firstChoiceFields,
      numExperts: optional(whole(1, MAX_EXPERTS)),
      ...allChoiceFields,
    }),
    ({ rows, cols, experts }) =>
      experts.length === rows * cols
        ? undefined
        : `has ${experts.length} experts for ${rows}x${cols} patches`,
  ),
);

const attentionLayerCodec: Codec<AttentionLayer> = checked(
  struct<AttentionLayer>({
    layer: text(1000),
    numHeads: whole(1, 1024),
    numQueries: whole(1, MAX_TOKENS),
    numKeys: whole(1, MAX_TOKENS),
    weights: bytes(MAX_IMAGE_BYTES),
  }),
  ({ numHeads, numQueries, numKeys, weights }) =>
    weights.length === numHeads * numQueries * numKeys
      ? undefined
      : `has ${weights.length} weights for ${numHeads}x${numQueries}x${numKeys}`,
);

const attentionLayers = list(attentionLayerCodec, MAX_LAYERS);

const attentionCodec: Codec<ImageAttention> = struct<ImageAttention>({
  rows: whole(1, 1024),
  cols: whole(1, 1024),
  layers: attentionLayers,
  classToken: optional(attentionLayers),
  text: optional(
    struct({ words: list(list(text(1000), MAX_TOKENS), 10_000), layers: attentionLayers }),
  ),
  fromWords: optional(struct({ words: list(text(1000), MAX_TOKENS), layers: attentionLayers })),
});

const decisionCodec: Codec<PatchDecision> = struct<PatchDecision>({
  patch: whole(0, MAX_TOKENS),
  rows: whole(1, 1024),
  cols: whole(1, 1024),
  layers: list(
    struct({
      layer: text(1000),
      probabilities: numbers(MAX_EXPERTS),
      ids: storedAs("experts", numbers(MAX_EXPERTS)),
    }),
    MAX_LAYERS,
  ),
});

export const mosaicCodec: Codec<Mosaic> = struct<Mosaic>({
  image: imageCodec,
  label: number,
  caption: optional(text(10_000)),
  layers: list(mosaicLayerCodec, MAX_LAYERS),
  attention: optional(attentionCodec),
  decisions: optional(list(decisionCodec, 1000)),
});
