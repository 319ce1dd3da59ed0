/** The routing of pairs for the report: mosaics, words and galleries of experts. */
import type { Batch } from "../../data/batches/batch.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { tokenTexts } from "../../evaluate/generate/prompt.ts";
import { expertGallery } from "../../inspect/expert-gallery.ts";
import type { LayerGallery } from "../../inspect/types/pair.ts";
import type { TokenTrace } from "../../inspect/types/text.ts";
import type { ContrastiveModel } from "../../models/contrastive-model.ts";
import { isRoutingTap, readRouting } from "../../moe/routing-taps.ts";
import type { Collector, Outputs } from "../shared/collect.ts";
import {
  MOSAICS_SHOWN,
  recordedImage,
  type ShownImage,
  shownImage,
} from "../shared/shown-image.ts";
import { routedTokens } from "../shared/token-traces.ts";

const TRACES = 12;

export interface ContrastRecordOptions {
  readonly model: ContrastiveModel;
  readonly tokenizer: Tokenizer;
  readonly classNames: readonly string[];
}

export interface ContrastRecord {
  readonly shown: readonly ShownImage[];
  readonly galleries: LayerGallery[];
  readonly tokenTraces: readonly TokenTrace[];
}

/** Collects the routing of pairs: mosaics of images, words of texts, and galleries of experts. */
export function contrastCollector(
  dataset: ImageDataset,
  { model, tokenizer }: Pick<ContrastRecordOptions, "model" | "tokenizer">,
): Collector<ContrastRecord> {
  const { grid, contextLength, tokensPerImage } = model;
  const gallery = expertGallery({ grid, tokenText: (id) => tokenTexts(tokenizer, [id])[0]! });
  const mosaics: ShownImage[] = [];
  const traces: TokenTrace[] = [];

  const show = (outputs: Outputs, row: number, index: number, layers: readonly Reads[]): void => {
    const withPatches = layers.filter(({ patches }) => patches);
    const names = withPatches.map(({ layer }) => layer);
    const [first] = withPatches;
    if (mosaics.length === MOSAICS_SHOWN || first === undefined) return;
    const { stride } = first;
    mosaics.push(shownImage(dataset, { index, row, layers: names, grid, outputs, stride }));
  };

  const trace = (
    outputs: Outputs,
    { arrays }: Batch,
    row: number,
    layers: readonly Reads[],
  ): void => {
    const withWords = layers.filter(({ words }) => words);
    if (traces.length === TRACES || withWords.length === 0) return;
    const count = Number(arrays.lengths!.data[row]);
    const start = row * contextLength;
    const ids = Array.from(arrays.tokens!.data.slice(start, start + count), Number);
    traces.push({
      tokens: tokenTexts(tokenizer, ids),
      layers: withWords.flatMap(({ layer, stride, firstWord }) =>
        routedTokens([layer], outputs, { start: row * stride + firstWord, count }),
      ),
    });
  };

  return {
    wants: (name) => isRoutingTap(name),
    see(outputs, batch, layerNames) {
      const { indices, arrays } = batch;
      const layers = layerNames.map((layer) => readsOf(layer, tokensPerImage, contextLength));
      for (const { layer, patches, words } of layers) {
        const tokens = words ? { tokens: arrays.tokens! } : {};
        gallery.add(layer, readRouting(outputs, layer, "probabilities"), {
          indices,
          patches,
          between: patches ? tokensPerImage - grid.rows * grid.columns : 0,
          ...tokens,
        });
      }
      for (const [row, index] of indices.entries()) {
        show(outputs, row, index, layers);
        trace(outputs, batch, row, layers);
      }
    },
    result: () => ({
      shown: mosaics,
      galleries: gallery.galleries((index) => recordedImage(dataset, index)),
      tokenTraces: traces,
    }),
  };
}

/** The tokens of a pair that a layer routes. */
interface Reads {
  readonly layer: string;
  readonly patches: boolean;
  readonly words: boolean;
  /** Index of the first word in the tokens of a pair. */
  readonly firstWord: number;
  /** Tokens per pair. */
  readonly stride: number;
}

/** The tokens of a pair that a layer's tower routes, patches before words. */
function readsOf(layer: string, tokensPerImage: number, numWords: number): Reads {
  const patches = !layer.startsWith("text_tower.");
  const words = !layer.startsWith("image_tower.");
  const firstWord = patches ? tokensPerImage : 0;
  return { layer, patches, words, firstWord, stride: firstWord + (words ? numWords : 0) };
}
