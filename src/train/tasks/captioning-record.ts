/** What a report shows of the routing of captioned images: words, and the image they are about. */
import type { Batch } from "../../data/batch.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { tokenTexts } from "../../evaluate/prompt.ts";
import type { NdArray } from "../../graph/array.ts";
import type { TokenTrace } from "../../inspect/text-types.ts";
import { tokenLayer } from "../../inspect/token-layer.ts";
import type { Mosaic } from "../../inspect/types.ts";
import type { SeeMoe } from "../../models/seemoe-config.ts";
import { routingOf } from "../routing/routing-record.ts";
import { MOSAICS_SHOWN, shownImage } from "./shown-image.ts";

const TRACES_SHOWN = 12;
/** What stands for the one visual token in front of the words. */
const IMAGE_TOKEN = "<image>";

export interface CaptionRecordSource {
  readonly model: Pick<SeeMoe, "prefix" | "grid" | "pool">;
  readonly layerNames: readonly string[];
  readonly tokenizer: Tokenizer;
  /** Tokens of a caption in a batch. */
  readonly contextLength: number;
}

type Outputs = Readonly<Record<string, NdArray>>;

/**
 * Records the first samples: the words of each caption with the visual token, where that is one, or
 * beside a mosaic of the patches, where each of these is one.
 */
export function captionRecorder(dataset: ImageDataset, source: CaptionRecordSource) {
  const { model, layerNames, tokenizer, contextLength } = source;
  const { pool, grid } = model;
  const numVisual = model.prefix.numTokens;
  const stride = numVisual + contextLength - 1; // The last token is not read.
  const inDecoder = layerNames.filter((name) => name.startsWith("decoder."));
  const inVision = layerNames.filter((name) => name.startsWith("vision."));
  const mosaics: Mosaic[] = [];
  const traces: TokenTrace[] = [];

  const addMosaic = (outputs: Outputs, row: number, index: number): void => {
    const shown = { index, row, grid, outputs };
    const { mosaic } = shownImage(dataset, { ...shown, layers: inDecoder, stride });
    const seen = shownImage(dataset, { ...shown, layers: inVision });
    mosaics.push({ ...mosaic, layers: [...seen.mosaic.layers, ...mosaic.layers] });
  };
  const addTrace = (outputs: Outputs, row: number, ids: readonly number[]): void => {
    const words = tokenTexts(tokenizer, ids);
    const tokens = pool === "cls" ? [IMAGE_TOKEN, ...words] : words;
    const start = row * stride + (pool === "cls" ? 0 : numVisual);
    const layers = inDecoder.map((layer) => {
      const { ids: experts, combineWeights, probabilities } = routingOf(outputs, layer);
      return tokenLayer({
        ...{ layer, start, count: tokens.length },
        ids: experts.data,
        combineWeights: combineWeights.data as Float32Array,
        probabilities: probabilities.data as Float32Array,
        numExperts: probabilities.shape[1]!,
      });
    });
    traces.push({ tokens, layers });
  };

  return {
    /** Adds the samples of a batch that are wanted. */
    add(outputs: Outputs, { indices, arrays }: Batch): void {
      for (const [row, index] of indices.entries()) {
        if (pool === "patches" && mosaics.length < MOSAICS_SHOWN) addMosaic(outputs, row, index);
        if (traces.length === TRACES_SHOWN) return;
        const length = Number(arrays.lengths!.data[row]) - 1;
        const from = row * contextLength;
        const ids = Array.from(arrays.tokens!.data.slice(from, from + length), Number);
        addTrace(outputs, row, ids);
      }
    },
    mosaics: (): readonly Mosaic[] => mosaics,
    traces: (): TokenTrace[] => traces.filter(({ layers }) => layers.length > 0),
  };
}
