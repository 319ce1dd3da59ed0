/** Evaluates a split of captioned images: retrieval over all images, and the routing of patches. */
import type { Batch } from "../../data/batches/batch.ts";
import { tokenRows } from "../../data/batches/token-rows.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { tokenTexts } from "../../evaluate/generate/prompt.ts";
import { retrievalScores } from "../../evaluate/retrieval.ts";
import type { NdArray } from "../../graph/array.ts";
import { expertGallery, type GallerySamples } from "../../inspect/expert-gallery.ts";
import type { TokenTrace } from "../../inspect/types/text.ts";
import type { BatchSource } from "../../learn/evaluator.ts";
import type { Classifier } from "../../models/classifier.ts";
import { isRoutingTap } from "../../moe/routing-taps.ts";
import { type ReadWords, withAttention } from "../shared/attention-record.ts";
import { type Collector, evaluateWith } from "../shared/collect.ts";
import { galleryCollector, mosaicCollector, routingCollector } from "../shared/collectors.ts";
import { MOSAICS_SHOWN, recordedImage, withKinds } from "../shared/shown-image.ts";
import { routedTokens } from "../shared/token-traces.ts";
import type { FullEvaluation, FullEvaluationOptions } from "../task.ts";

export interface CaptionEvaluationOptions extends Pick<Classifier, "grid" | "expertKinds"> {
  readonly tokenizer: Tokenizer;
  /** Words per caption in a batch. */
  readonly contextLength: number;
  /** Number of adjacent passes over an image; the first has no text. */
  readonly passes: number;
}

/**
 * Means of the scalars, retrieval recall over all captions of every image (one pass over the split per
 * caption of an image), and the routing for the report.
 */
export async function evaluateCaptions(
  options: CaptionEvaluationOptions,
  evaluation: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const { grid, passes, tokenizer, expertKinds } = options;
  const { loader } = evaluation;
  const dataset = loader.dataset as ImageDataset;
  const between = (passes - 1) * grid.rows * grid.columns; // patches of the passes with text
  const samplesOf = (layer: string, { indices, arrays }: Batch): GallerySamples | undefined => {
    if (isPatchLayer(layer)) return { indices, between };
    return isTextLayer(layer) ? { indices, patches: false, tokens: arrays.tokens! } : undefined;
  };
  const gallery = expertGallery({ grid, tokenText: (id) => tokenTexts(tokenizer, [id])[0]! });
  const imageOf = (index: number) => recordedImage(dataset, index);
  const evaluated = await evaluateWith(
    evaluation,
    {
      routing: routingCollector(dataset.classNames),
      galleries: galleryCollector(gallery, samplesOf, imageOf),
      mosaics: mosaicCollector(dataset, { grid, passes, isPatchLayer }),
      traces: captionTraces(options),
      pairs: embeddingCollector(),
    },
    async (evaluator, { pairs }) => {
      for (let place = 1; place < pairs.mostCaptions; place++) {
        await evaluator.run(otherCaptions(loader, place, options), (outputs, batch) => {
          const rows = numbers(outputs.text_embeddings!);
          for (const [i, index] of batch.indices.entries()) {
            const caption = batch.captions?.[i]?.[place];
            if (caption === undefined) continue;
            pairs.texts.push(...rows.slice(i * pairs.width, (i + 1) * pairs.width));
            pairs.owners.push(index);
            pairs.captions.push(caption);
          }
        });
      }
    },
  );
  const { scores, taps } = evaluated;
  const { routing, mosaics, traces } = evaluated.results;
  const galleries = evaluated.results.galleries.toSorted(
    (a, b) => Number(isTextLayer(a.layer)) - Number(isTextLayer(b.layer)),
  );
  const { width, images, texts, owners, captions } = evaluated.results.pairs;
  const retrieval = retrievalScores(
    { width, data: images },
    { width, data: texts },
    owners,
    captions,
  );
  const words = (batch: Batch) => captionWords(batch, tokenizer);
  return {
    scores: { ...scores, ...retrieval },
    record: {
      routing: withKinds(routing, expertKinds),
      mosaics: await withAttention(mosaics, { grid, passes, taps, words }, evaluation),
    },
    inspected: { galleries, ...(traces.length > 0 && { tokenTraces: traces }) },
  };
}

const isPatchLayer = (layer: string): boolean => layer.startsWith("blocks.");
const isTextLayer = (layer: string): boolean => layer.startsWith("text_blocks.");

/** Collects the experts of the words of the first captions, if text blocks route words. */
function captionTraces({
  tokenizer,
  contextLength,
}: CaptionEvaluationOptions): Collector<readonly TokenTrace[]> {
  const traces: TokenTrace[] = [];
  return {
    wants: (name) => isRoutingTap(name),
    see(outputs, batch, layers) {
      const inText = layers.filter(isTextLayer);
      if (inText.length === 0) return;
      for (const row of batch.indices.keys()) {
        if (traces.length === MOSAICS_SHOWN) return;
        const ids = wordsOf(batch, row);
        const place = { start: row * contextLength, count: ids.length };
        traces.push({
          tokens: tokenTexts(tokenizer, ids),
          layers: routedTokens(inText, outputs, place),
        });
      }
    },
    result: () => traces,
  };
}

/** Embeddings of images and their first captions. */
interface PairEmbeddings {
  /** Width of an embedding. */
  readonly width: number;
  readonly images: readonly number[]; // [N*P]
  readonly texts: number[];
  /** Image index of each text. */
  readonly owners: number[];
  readonly captions: string[];
  /** Maximum number of captions per image. */
  readonly mostCaptions: number;
}

function embeddingCollector(): Collector<PairEmbeddings> {
  const images: number[] = [];
  const texts: number[] = [];
  const owners: number[] = [];
  const read: string[] = [];
  let width = 1;
  let mostCaptions = 1;
  return {
    wants: (name) => name.endsWith("_embeddings"),
    see(outputs, { indices, captions = [] }) {
      width = outputs.image_embeddings!.shape[1]!;
      images.push(...numbers(outputs.image_embeddings!));
      texts.push(...numbers(outputs.text_embeddings!));
      owners.push(...indices);
      for (const row of indices.keys()) read.push(captions[row]?.[0] ?? "");
      mostCaptions = Math.max(mostCaptions, ...captions.map(({ length }) => length));
    },
    result: () => ({ width, images, texts, owners, captions: read, mostCaptions }),
  };
}

const numbers = ({ data }: NdArray): number[] => Array.from(data, Number);

/** The split with caption `place` of every image, or the first caption if there are fewer. */
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

/** The words of the caption; the batch has one sample. */
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
