/** Evaluates a contrastive model on captioned images: retrieval, zero-shot accuracy, routing. */
import type { ImageDataset, ObjectAttributes } from "../../data/dataset.ts";
import { createEncoder } from "../../evaluate/encoder.ts";
import { retrievalScores } from "../../evaluate/retrieval.ts";
import { retrievalSamples } from "../../inspect/retrieval-samples.ts";
import { defaultRuntime } from "../../runtime/default-runtime.ts";
import type { SessionOptions } from "../../runtime/session.ts";
import { withAttention } from "../shared/attention-record.ts";
import { evaluateWith } from "../shared/collect.ts";
import { routingCollector } from "../shared/collectors.ts";
import { recordedImage } from "../shared/shown-image.ts";
import type { FullEvaluation, FullEvaluationOptions } from "../task.ts";
import { embedPairs, embedSentences } from "./pair-embeddings.ts";
import { type ContrastRecordOptions, contrastCollector } from "./record.ts";
import { zeroShotResults } from "./zero-shot-results.ts";

export interface ContrastEvaluationOptions extends ContrastRecordOptions {
  readonly session: SessionOptions;
  /** Prompt templates with `{}` in place of the class name. */
  readonly templates: readonly string[];
  /** Whether training held out samples like this one; their scores are reported separately. */
  readonly unseen?: (attributes: readonly ObjectAttributes[]) => boolean;
}

/**
 * Means of the scalars, retrieval recall over all captions of every image, zero-shot accuracy if there
 * are classes, and the parts of the report.
 *
 * Scalars and routing come from pairs, which compete for expert capacity as in training; embeddings
 * come from separate images and texts.
 */
export async function evaluateContrast(
  options: ContrastEvaluationOptions,
  evaluation: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const { model, session } = options;
  const { loader, weights } = evaluation;
  const dataset = loader.dataset as ImageDataset;
  using encoder = await createEncoder(model, { runtime: defaultRuntime(), weights, session });
  const evaluated = await evaluateWith(evaluation, {
    routing: routingCollector(options.classNames),
    pairs: contrastCollector(dataset, options),
  });
  const { routing } = evaluated.results;
  const { shown, ...routed } = evaluated.results.pairs;
  const pairs = await embedPairs(encoder, options.tokenizer, evaluation);
  const imageOf = (index: number) => recordedImage(dataset, index);
  const zeroShot = await zeroShotResults(pairs.images, dataset, {
    ...options,
    embed: (texts) => embedSentences(encoder, options.tokenizer, texts),
  });
  const retrieval = retrievalScores(pairs.images, pairs.texts, pairs.owners, pairs.captions);
  const atTen = Object.entries(retrieval).filter(([name]) => name.endsWith("_r10"));
  const { grid, tokensPerImage } = model;
  const attention = { grid, tokensPerImage, taps: evaluated.taps };
  return {
    // The report shows the first scores at the top.
    scores: {
      ...zeroShot?.scores,
      ...Object.fromEntries(atTen),
      ...evaluated.scores,
      ...retrieval,
    },
    record: {
      routing,
      ...routed,
      ...(zeroShot && {
        confusion: zeroShot.confusion,
        confusionSamples: zeroShot.confusionSamples,
      }),
      retrieval: retrievalSamples({ ...pairs, split: loader.dataset.split, imageOf }),
      mosaics: await withAttention(shown, attention, evaluation),
    },
  };
}
