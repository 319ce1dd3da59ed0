/** Reads a split of captioned images: retrieval over all of it, and the routing of its patches. */
import type { Batch } from "../../data/batches/batch.ts";
import { tokenRows } from "../../data/batches/token-rows.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { tokenTexts } from "../../evaluate/generate/prompt.ts";
import { retrievalScores } from "../../evaluate/retrieval.ts";
import type { NdArray } from "../../graph/array.ts";
import { expertGallery } from "../../inspect/expert-gallery.ts";
import type { TokenTrace } from "../../inspect/types/text.ts";
import type { BatchSource } from "../../learn/evaluator.ts";
import type { Classifier } from "../../models/classifier.ts";
import { isRoutingTap, readRouting } from "../../moe/routing-taps.ts";
import { routingRecorder } from "../routing/routing-record.ts";
import { type ReadWords, withAttention } from "../shared/attention-record.ts";
import {
  MOSAICS_SHOWN,
  recordedImage,
  type ShownImage,
  shownImage,
  withKinds,
} from "../shared/shown-image.ts";
import { routedTokens } from "../shared/token-traces.ts";
import type { FullEvaluation, FullEvaluationOptions } from "../task.ts";

export interface CaptionEvaluationOptions extends Pick<Classifier, "grid" | "expertKinds"> {
  readonly tokenizer: Tokenizer;
  /** Words of a caption in a batch. */
  readonly contextLength: number;
  /** Passes over an image, side by side; the first is without text. */
  readonly passes: number;
}

/**
 * Means of the scalars, recall of retrieval with all captions of every image (the model reads the
 * split once for each place of a caption), and what the report shows of the routing.
 */
export async function evaluateCaptions(
  options: CaptionEvaluationOptions,
  evaluation: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const { grid, passes, tokenizer, contextLength, expertKinds } = options;
  const { loader, createEvaluator, onBatch } = evaluation;
  const dataset = loader.dataset as ImageDataset;
  const evaluator = await createEvaluator(
    (name) => name.endsWith("_embeddings") || isRoutingTap(name),
  );
  try {
    const routing = routingRecorder(evaluator.graph.taps, dataset.classNames);
    const layers = routing.layerNames.filter((name) => name.startsWith("blocks."));
    const inText = routing.layerNames.filter((name) => name.startsWith("text_blocks."));
    const numPatches = grid.rows * grid.columns;
    const gallery = expertGallery({ grid, tokenText: (id) => tokenTexts(tokenizer, [id])[0]! });
    const traces: TokenTrace[] = [];
    const mosaics: ShownImage[] = [];
    const images: number[] = [];
    const texts: number[] = [];
    const owners: number[] = [];
    let width = 1;
    let mostCaptions = 1;
    const scores = await evaluator.run(loader, (outputs, batch) => {
      width = outputs.image_embeddings!.shape[1]!;
      images.push(...numbers(outputs.image_embeddings!));
      texts.push(...numbers(outputs.text_embeddings!));
      owners.push(...batch.indices);
      for (const captions of batch.captions ?? []) {
        mostCaptions = Math.max(mostCaptions, captions.length);
      }
      routing.add(outputs, batch);
      const { indices, arrays } = batch;
      for (const layer of layers) {
        const between = (passes - 1) * numPatches; // the same patches beside texts
        gallery.add(layer, readRouting(outputs, layer, "probabilities"), { indices, between });
      }
      for (const layer of inText) {
        const tokens = arrays.tokens!;
        gallery.add(layer, readRouting(outputs, layer, "probabilities"), {
          indices,
          patches: false,
          tokens,
        });
      }
      for (const [i, index] of indices.entries()) {
        if (mosaics.length === MOSAICS_SHOWN) break;
        mosaics.push(shownImage(dataset, { index, row: i * passes, layers, grid, outputs }));
        if (inText.length === 0) continue;
        const ids = wordsOf(batch, i);
        const place = { start: i * contextLength, count: ids.length };
        traces.push({
          tokens: tokenTexts(tokenizer, ids),
          layers: routedTokens(inText, outputs, place),
        });
      }
      onBatch();
    });
    for (let place = 1; place < mostCaptions; place++) {
      await evaluator.run(otherCaptions(loader, place, options), (outputs, batch) => {
        const rows = numbers(outputs.text_embeddings!);
        for (const [i, index] of batch.indices.entries()) {
          if (batch.captions?.[i]?.[place] === undefined) continue;
          texts.push(...rows.slice(i * width, (i + 1) * width));
          owners.push(index);
        }
      });
    }
    const retrieval = retrievalScores({ width, data: images }, { width, data: texts }, owners);
    const { taps } = evaluator.graph.trace;
    const words = (batch: Batch) => captionWords(batch, tokenizer);
    return {
      scores: { ...scores, ...retrieval },
      record: {
        routing: withKinds(routing.layers(), expertKinds),
        mosaics: await withAttention(mosaics, { grid, passes, taps, words }, evaluation),
      },
      inspected: {
        galleries: gallery.galleries((index) => recordedImage(dataset, index)),
        ...(traces.length > 0 && { tokenTraces: traces }),
      },
    };
  } finally {
    evaluator.dispose();
  }
}

const numbers = ({ data }: NdArray): number[] => Array.from(data, Number);

/** The same images with another of their captions; the first where they have fewer. */
function otherCaptions(
  loader: FullEvaluationOptions["loader"],
  place: number,
  { tokenizer, contextLength }: CaptionEvaluationOptions,
): BatchSource {
  return {
    seek: (step) => loader.seek(step),
    async next(): Promise<Batch | undefined> {
      const batch = await loader.next();
      if (batch?.captions === undefined) return batch;
      const texts = batch.captions.map((all) => all[place] ?? all[0] ?? "");
      return {
        ...batch,
        arrays: { ...batch.arrays, ...tokenRows(tokenizer, texts, contextLength) },
      };
    },
  };
}

/** The words of the caption of a batch of one. */
function captionWords(batch: Batch, tokenizer: Tokenizer): ReadWords {
  const ids = wordsOf(batch, 0);
  return { words: [tokenTexts(tokenizer, ids)], keys: [...ids.keys()] };
}

/** Tokens of the caption of one sample, without padding. */
function wordsOf({ arrays }: Batch, row: number): number[] {
  const { shape, data } = arrays.tokens!;
  const start = row * shape[1]!;
  return Array.from(data.slice(start, start + Number(arrays.lengths!.data[row])), Number);
}
