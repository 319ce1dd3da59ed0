/** Reads a split of captioned images: retrieval over all of it, and the routing of its patches. */
import type { Batch } from "../../data/batch.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import { tokenRows } from "../../data/token-rows.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { tokenTexts } from "../../evaluate/prompt.ts";
import { retrievalScores } from "../../evaluate/retrieval.ts";
import type { NdArray } from "../../graph/array.ts";
import type { Classifier } from "../../models/systems.ts";
import { isRoutingTap, readRouting } from "../routing/routing-record.ts";
import type { BatchSource } from "../step/evaluator.ts";
import { type ReadWords, withAttention } from "./attention-record.ts";
import { MOSAICS_SHOWN, type ShownImage, shownImage, withKinds } from "./shown-image.ts";
import type { FullEvaluation, FullEvaluationOptions } from "./task.ts";

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
  const { grid, passes, tokenizer, expertKinds } = options;
  const { loader, createEvaluator, onBatch } = evaluation;
  const dataset = loader.dataset as ImageDataset;
  const evaluator = await createEvaluator(
    (name) =>
      name.endsWith("_embeddings") || name.endsWith(".combine_weights") || isRoutingTap(name),
  );
  try {
    const routing = readRouting(evaluator.graph.taps, dataset.classNames);
    const layers = routing.layerNames.filter((name) => name.startsWith("blocks."));
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
      for (const [i, index] of batch.indices.entries()) {
        if (mosaics.length === MOSAICS_SHOWN) break;
        mosaics.push(shownImage(dataset, { index, row: i * passes, layers, grid, outputs }));
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
function captionWords({ arrays }: Batch, tokenizer: Tokenizer): ReadWords {
  const keys = Array.from({ length: Number(arrays.lengths!.data[0]) }, (_, i) => i);
  const ids = keys.map((at) => Number(arrays.tokens!.data[at]));
  return { words: [tokenTexts(tokenizer, ids)], keys };
}
