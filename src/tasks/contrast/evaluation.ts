/** Reads a split of captioned images with a contrastive model: retrieval, zero-shot, routing. */
import type { ImageDataset, ObjectAttributes } from "../../data/dataset.ts";
import { createEncoder } from "../../evaluate/encoder.ts";
import { retrievalScores } from "../../evaluate/retrieval.ts";
import { retrievalSamples } from "../../inspect/retrieval-samples.ts";
import { isRoutingTap } from "../../moe/routing-taps.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import type { SessionOptions } from "../../runtime/session.ts";
import { withAttention } from "../shared/attention-record.ts";
import { recordedImage } from "../shared/shown-image.ts";
import type { FullEvaluation, FullEvaluationOptions } from "../task.ts";
import { embedPairs, embedSentences } from "./pair-embeddings.ts";
import { type ContrastRecordOptions, contrastRecord } from "./record.ts";
import { zeroShotResults } from "./zero-shot-results.ts";

export interface ContrastEvaluationOptions extends ContrastRecordOptions {
  readonly session: SessionOptions;
  /** Sentences with `{}` for the name of a class. */
  readonly templates: readonly string[];
  /** Whether nothing like a sample was trained on; scores of such samples are told apart. */
  readonly unseen?: (attributes: readonly ObjectAttributes[]) => boolean;
}

/**
 * Means of the scalars, recall in retrieval with all captions of every image, zero-shot accuracy
 * where there are classes, and what the report shows.
 *
 * The scalars and the routing are of pairs, which compete for the experts' room as in training;
 * embeddings are of images and texts alone.
 */
export async function evaluateContrast(
  options: ContrastEvaluationOptions,
  evaluation: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const { model, session } = options;
  const { loader, createEvaluator, onBatch, weights } = evaluation;
  const dataset = loader.dataset as ImageDataset;
  using encoder = await createEncoder(model, { runtime: nativeRuntime(), weights, session });
  const evaluator = await createEvaluator((name) => isRoutingTap(name));
  try {
    const { taps, trace } = evaluator.graph;
    const record = contrastRecord(taps, dataset, options);
    const scores = await evaluator.run(loader, (outputs, batch) => {
      record.add(outputs, batch);
      onBatch();
    });
    const pairs = await embedPairs(encoder, options.tokenizer, evaluation);
    const imageOf = (index: number) => recordedImage(dataset, index);
    const zeroShot = await zeroShotResults(pairs.images, dataset, {
      ...options,
      embed: (texts) => embedSentences(encoder, options.tokenizer, texts),
    });
    const retrieval = retrievalScores(pairs.images, pairs.texts, pairs.owners);
    const atTen = Object.entries(retrieval).filter(([name]) => name.endsWith("_r10"));
    return {
      // The first of these stand at the head of the report.
      scores: { ...zeroShot?.scores, ...Object.fromEntries(atTen), ...scores, ...retrieval },
      record: {
        ...record.record(),
        ...(zeroShot && {
          confusion: zeroShot.confusion,
          confusionSamples: zeroShot.confusionSamples,
        }),
        retrieval: retrievalSamples({ ...pairs, split: loader.dataset.split, imageOf }),
        mosaics: await withAttention(
          record.shown,
          { grid: model.grid, taps: trace.taps },
          evaluation,
        ),
      },
    };
  } finally {
    evaluator.dispose();
  }
}
