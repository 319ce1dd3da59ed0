/** Evaluates a split of captioned images: losses with own and shuffled images, generated captions. */
import type { Batch } from "../../data/batches/batch.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { captionScores } from "../../evaluate/captions/caption-scores.ts";
import { createDecoder, type Decoder } from "../../evaluate/generate/decoder.ts";
import type { PrefixRows } from "../../evaluate/generate/decoder-session.ts";
import { collect, generate } from "../../evaluate/generate/generate.ts";
import { firstTokens } from "../../evaluate/generate/prompt.ts";
import type { BatchSource } from "../../learn/evaluator.ts";
import type { SeeMoe } from "../../models/seemoe/config.ts";
import { defaultRuntime } from "../../runtime/default-runtime.ts";
import type { SessionOptions } from "../../runtime/session.ts";
import { type Collector, evaluateWith } from "../shared/collect.ts";
import { routingCollector } from "../shared/collectors.ts";
import { recordedImage } from "../shared/shown-image.ts";
import type { FullEvaluation, FullEvaluationOptions } from "../task.ts";
import { withCaptionAttention } from "./attention.ts";
import { namesMainObject } from "./match.ts";
import { captionCollector } from "./record.ts";
import { shiftedImages } from "./shifted.ts";

/** Maximum number of captions in a report. */
const CAPTIONS_SHOWN = 12;

export interface CaptioningEvaluationOptions {
  readonly tokenizer: Tokenizer;
  /** Tokens per caption in a batch. */
  readonly contextLength: number;
  readonly session: SessionOptions;
}

/**
 * Means of the scalars; losses with the images of other samples (`..._shuffled`); BLEU, ROUGE-L and
 * CIDEr of greedy captions against all captions of each image. If the set has objects, also
 * `exact_match`: the fraction of captions whose first object has the colour and shape of the main
 * object.
 */
export async function evaluateCaptioning(
  model: SeeMoe,
  options: CaptioningEvaluationOptions,
  evaluation: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const { loader, weights, onWork } = evaluation;
  const { tokenizer, contextLength, session } = options;
  const dataset = loader.dataset as ImageDataset;
  const shifted = dataset.length > 1 ? shiftedImages(loader, dataset.length) : undefined;
  const shuffled: Record<string, number> = {};
  const { scores, results, taps } = await evaluateWith(
    evaluation,
    {
      routing: routingCollector(dataset.classNames),
      captions: captionCollector(dataset, { model, tokenizer, contextLength }),
      charactersPerToken: tokenLengths(tokenizer),
    },
    async (evaluator) => {
      if (shifted === undefined) return;
      const foreign = await evaluator.run(shifted);
      for (const name of ["loss", "loss_per_character"]) {
        shuffled[`${name}_shuffled`] = foreign[name]!;
      }
    },
  );
  const { routing, captions: record, charactersPerToken } = results;
  Object.assign(scores, shuffled);

  using decoder = await createDecoder(model, { runtime: defaultRuntime(), weights, session });
  const passes = shifted === undefined ? 1 : 2;
  let done = 0;
  const onCaptions = () => onWork?.("batch of captions", ++done, passes * loader.batchesPerEpoch);
  const own = await captionBatches(decoder, options, loader, onCaptions);
  const foreign = shifted && (await captionBatches(decoder, options, shifted, onCaptions));
  Object.assign(scores, captionScores(own.captions, own.references));
  if (own.matches !== undefined) scores.exact_match = own.matches;
  if (foreign?.matches !== undefined) scores.exact_match_shuffled = foreign.matches;
  const shown = own.captions.slice(0, CAPTIONS_SHOWN);
  return {
    scores,
    record: {
      routing,
      mosaics: model.pool === "patches" ? record.shown.map(({ mosaic }) => mosaic) : [],
      tokenTraces: record.traces,
      language: { charactersPerToken },
      captions: shown.map((caption, index) => ({
        image: recordedImage(dataset, index),
        caption,
        references: own.references[index]!,
      })),
    },
    inspected: {
      galleries: record.galleries,
      mosaics: await withCaptionAttention(record.shown, { model, tokenizer, taps }, evaluation),
    },
  };
}

/** Characters per token of the captions of a split. */
function tokenLengths(tokenizer: Tokenizer): Collector<number> {
  const counts = { characters: 0, tokens: 0 };
  const given = firstTokens(tokenizer).length;
  return {
    wants: () => false,
    see(_, batch) {
      counts.characters += total(batch, "characters");
      counts.tokens += total(batch, "lengths") - given * batch.indices.length;
    },
    result: () => counts.characters / counts.tokens,
  };
}

interface Captioned {
  /** In the order of the samples. */
  readonly captions: readonly string[];
  readonly references: readonly (readonly string[])[];
  /** Fraction of captions that name the main object; absent if the set has no objects. */
  readonly matches?: number;
}

/** Greedy captions of all images of a source, at most as long as the captions of the data. */
async function captionBatches(
  decoder: Decoder,
  options: CaptioningEvaluationOptions,
  source: BatchSource,
  onBatch: () => void,
): Promise<Captioned> {
  const captions: string[] = [];
  const references: (readonly string[])[] = [];
  let matches: number | undefined;
  source.seek(0);
  for (let batch = await source.next(); batch !== undefined; batch = await source.next()) {
    const texts = await greedyCaptions(decoder, options, batch.arrays.images as PrefixRows);
    captions.push(...texts);
    references.push(...(batch.captions ?? []));
    for (const [i, objects] of batch.attributes?.entries() ?? []) {
      matches = (matches ?? 0) + Number(namesMainObject(texts[i]!, objects));
    }
    onBatch();
  }
  return {
    captions,
    references,
    ...(matches !== undefined && { matches: matches / captions.length }),
  };
}

async function greedyCaptions(
  decoder: Decoder,
  { tokenizer, contextLength }: CaptioningEvaluationOptions,
  images: PrefixRows,
): Promise<string[]> {
  const prompts = Array.from({ length: images.shape[0]! }, () => firstTokens(tokenizer));
  const generations = await collect(
    generate(decoder, prompts, {
      prefix: images,
      temperature: 0,
      maxNewTokens: contextLength,
      stopTokens: [tokenizer.endId!],
      decode: (ids) => tokenizer.decode(ids),
    }),
  );
  return generations.map(({ text }) => text.trim());
}

function total({ arrays }: Batch, name: string): number {
  return Array.from(arrays[name]!.data, Number).reduce((sum, value) => sum + value, 0);
}
