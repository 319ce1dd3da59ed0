/** What the report shows of the routing of pairs: mosaics, words, and what experts like. */
import type { Batch } from "../../data/batches/batch.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { tokenTexts } from "../../evaluate/generate/prompt.ts";
import type { NdArray } from "../../graph/array.ts";
import { expertGallery } from "../../inspect/expert-gallery.ts";
import type { RunRecord } from "../../inspect/types/run-record.ts";
import type { TokenTrace } from "../../inspect/types/text.ts";
import type { ContrastiveModel } from "../../models/contrastive-model.ts";
import { readRouting } from "../../moe/routing-taps.ts";
import { routingRecorder } from "../routing/routing-record.ts";
import {
  MOSAICS_SHOWN,
  recordedImage,
  type ShownImage,
  shownImage,
} from "../shared/shown-image.ts";
import { routedTokens } from "../shared/token-traces.ts";

const TRACES = 12;

type Outputs = Readonly<Record<string, NdArray>>;

export interface ContrastRecordOptions {
  readonly model: ContrastiveModel;
  readonly tokenizer: Tokenizer;
  readonly classNames: readonly string[];
}

/** Gathers over the batches of a split what its pairs were routed to. */
export function contrastRecord(
  taps: readonly string[],
  dataset: ImageDataset,
  { model, tokenizer, classNames }: ContrastRecordOptions,
) {
  const { grid, contextLength } = model;
  const numPatches = grid.rows * grid.columns;
  const routing = routingRecorder(taps, classNames);
  const layers = routing.layerNames.map((layer) => readsOf(layer, numPatches, contextLength));
  const withPatches = layers.filter(({ patches }) => patches);
  const withWords = layers.filter(({ words }) => words);
  const gallery = expertGallery({ grid, tokenText: (id) => tokenTexts(tokenizer, [id])[0]! });
  const mosaics: ShownImage[] = [];
  const traces: TokenTrace[] = [];

  const show = (outputs: Outputs, row: number, index: number): void => {
    const names = withPatches.map(({ layer }) => layer);
    const [first] = withPatches;
    if (mosaics.length === MOSAICS_SHOWN || first === undefined) return;
    const { stride } = first;
    mosaics.push(shownImage(dataset, { index, row, layers: names, grid, outputs, stride }));
  };

  const trace = (outputs: Outputs, { arrays }: Batch, row: number): void => {
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
    add(outputs: Outputs, batch: Batch): void {
      routing.add(outputs, batch);
      const { indices, arrays } = batch;
      for (const { layer, patches, words } of layers) {
        const tokens = words ? { tokens: arrays.tokens! } : {};
        gallery.add(layer, readRouting(outputs, layer, "probabilities"), {
          indices,
          patches,
          ...tokens,
        });
      }
      for (const [row, index] of indices.entries()) {
        show(outputs, row, index);
        trace(outputs, batch, row);
      }
    },
    shown: mosaics,
    record: (): Pick<RunRecord, "routing" | "galleries" | "tokenTraces"> => ({
      routing: routing.layers(),
      galleries: gallery.galleries((index) => recordedImage(dataset, index)),
      tokenTraces: traces,
    }),
  };
}

/** Which tokens of a pair a layer reads, patches before words: those of its tower. */
function readsOf(layer: string, numPatches: number, numWords: number) {
  const patches = !layer.startsWith("text_tower.");
  const words = !layer.startsWith("image_tower.");
  const firstWord = patches ? numPatches : 0;
  return { layer, patches, words, firstWord, stride: firstWord + (words ? numWords : 0) };
}
