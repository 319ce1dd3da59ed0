/** Reads a split of captioned images: retrieval over all of it, and the routing of its patches. */
import type { Batch } from "../../data/batch.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import { tokenRows } from "../../data/token-rows.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { retrievalScores } from "../../evaluate/retrieval.ts";
import type { NdArray } from "../../graph/array.ts";
import { mosaicLayer } from "../../inspect/routing-statistics.ts";
import type { Mosaic } from "../../inspect/types.ts";
import type { Classifier } from "../../models/systems.ts";
import { isRoutingTap, readRouting, routingOf } from "../routing/routing-record.ts";
import type { BatchSource, Evaluator } from "../step/evaluator.ts";
import type { FullEvaluation, FullEvaluationOptions } from "./task.ts";

const MOSAICS_SHOWN = 12;

export interface CaptionEvaluationOptions extends Pick<Classifier, "grid"> {
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
  { loader, createEvaluator, onBatch }: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const { grid, passes } = options;
  const dataset = loader.dataset as ImageDataset;
  const evaluator = await createEvaluator(
    (name) =>
      name.endsWith("_embeddings") || name.endsWith(".combine_weights") || isRoutingTap(name),
  );
  try {
    const routing = readRouting(evaluator.graph.taps, dataset.classNames);
    const layers = routing.layerNames.filter((name) => name.startsWith("blocks."));
    const mosaics: Mosaic[] = [];
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
        mosaics.push(mosaicOf(dataset, index, i * passes, layers, grid, outputs));
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
    return { scores: { ...scores, ...retrieval }, record: { routing: routing.layers(), mosaics } };
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

function mosaicOf(
  dataset: ImageDataset,
  index: number,
  row: number,
  layers: readonly string[],
  grid: Classifier["grid"],
  outputs: Parameters<NonNullable<Parameters<Evaluator["run"]>[1]>>[0],
): Mosaic {
  const { image, width, height, channels, label, captions = [] } = dataset.get(index);
  return {
    image: { width, height, channels, data: image },
    label,
    ...(captions[0] !== undefined && { caption: captions[0] }),
    layers: layers.map((layer) => {
      const { ids, combineWeights, probabilities } = routingOf(outputs, layer);
      return mosaicLayer({
        layer,
        ...grid,
        sample: row,
        ids: ids.data,
        combineWeights: combineWeights.data as Float32Array,
        numExperts: probabilities.shape[1]!,
      });
    }),
  };
}
