/** The routing of captioned images for a report: words and image patches. */
import type { ImageDataset } from "../../data/dataset.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { tokenTexts } from "../../evaluate/generate/prompt.ts";
import { expertGallery } from "../../inspect/expert-gallery.ts";
import type { LayerGallery } from "../../inspect/types/pair.ts";
import type { TokenTrace } from "../../inspect/types/text.ts";
import type { SeeMoe } from "../../models/seemoe/config.ts";
import { isRoutingTap, readRouting } from "../../moe/routing-taps.ts";
import type { Collector, Outputs } from "../shared/collect.ts";
import {
  MOSAICS_SHOWN,
  recordedImage,
  type ShownImage,
  shownImage,
} from "../shared/shown-image.ts";
import { routedTokens } from "../shared/token-traces.ts";

const TRACES_SHOWN = 12;
/** Text of the single visual token before the words. */
const IMAGE_TOKEN = "<image>";

export interface CaptionRecord {
  /** Images with routed patches. */
  readonly shown: readonly ShownImage[];
  readonly galleries: LayerGallery[];
  readonly traces: TokenTrace[];
}

export interface CaptionRecordSource {
  readonly model: Pick<SeeMoe, "prefix" | "grid" | "pool" | "hasClassToken">;
  readonly tokenizer: Tokenizer;
  /** Tokens per caption in a batch. */
  readonly contextLength: number;
}

/** Routed layers by part of the model. */
interface Layers {
  readonly inVision: readonly string[];
  readonly inDecoder: readonly string[];
}

/**
 * Records the first samples: the words of each caption after the visual token, or with a mosaic of the
 * patches if every patch is a visual token.
 */
export function captionCollector(
  dataset: ImageDataset,
  { model, tokenizer, contextLength }: CaptionRecordSource,
): Collector<CaptionRecord> {
  const { grid } = model;
  const isPooled = model.pool === "cls";
  const numVisual = model.prefix.numTokens;
  const stride = numVisual + contextLength - 1; // The last token is not read.
  const gallery = expertGallery({ grid, tokenText: (id) => tokenTexts(tokenizer, [id])[0]! });
  const before = Number(model.hasClassToken);
  const tower = { before, stride: grid.rows * grid.columns + before };
  const mosaics: ShownImage[] = [];
  const traces: TokenTrace[] = [];

  const addMosaic = (outputs: Outputs, row: number, index: number, layers: Layers): void => {
    const { inVision, inDecoder } = layers;
    const shown = { index, row, grid, outputs };
    if (isPooled) {
      mosaics.push(shownImage(dataset, { ...shown, ...tower, layers: inVision }));
      return;
    }
    const { mosaic } = shownImage(dataset, { ...shown, layers: inDecoder, stride });
    const seen = shownImage(dataset, { ...shown, ...tower, layers: inVision });
    const both = [...seen.mosaic.layers, ...mosaic.layers];
    mosaics.push({ index, mosaic: { ...mosaic, layers: both } });
  };
  const addTrace = (
    outputs: Outputs,
    row: number,
    ids: readonly number[],
    { inDecoder }: Layers,
  ): void => {
    const words = tokenTexts(tokenizer, ids);
    const tokens = isPooled ? [IMAGE_TOKEN, ...words] : words;
    const start = row * stride + (isPooled ? 0 : numVisual);
    const layers = routedTokens(inDecoder, outputs, { start, count: tokens.length });
    traces.push({ tokens, layers });
  };

  return {
    wants: (name) => isRoutingTap(name),
    see(outputs, { indices, arrays }, layerNames) {
      const inVision = layerNames.filter((name) => name.startsWith("vision."));
      const inDecoder = layerNames.filter((name) => name.startsWith("decoder."));
      const layers = { inVision, inDecoder };
      for (const layer of inVision) {
        gallery.add(layer, readRouting(outputs, layer, "probabilities"), {
          indices,
          before,
        });
      }
      for (const layer of inDecoder) {
        gallery.add(layer, readRouting(outputs, layer, "probabilities"), {
          indices,
          patches: !isPooled,
          before: isPooled ? numVisual : 0,
          tokens: arrays.tokens!,
          numWords: contextLength - 1,
        });
      }
      for (const [row, index] of indices.entries()) {
        if (mosaics.length < MOSAICS_SHOWN) addMosaic(outputs, row, index, layers);
        if (traces.length === TRACES_SHOWN) return;
        const length = Number(arrays.lengths!.data[row]) - 1;
        const from = row * contextLength;
        const ids = Array.from(arrays.tokens!.data.slice(from, from + length), Number);
        addTrace(outputs, row, ids, layers);
      }
    },
    result: () => ({
      shown: mosaics.filter(({ mosaic }) => mosaic.layers.length > 0),
      galleries: gallery.galleries((index) => recordedImage(dataset, index)),
      traces: traces.filter(({ layers }) => layers.length > 0),
    }),
  };
}
