/** Images and captions: which belong together. */
import type { Batch } from "../../data/batch.ts";
import type { ImageDataset } from "../../data/dataset.ts";
import { tokenRows } from "../../data/token-rows.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { retrievalScores } from "../../evaluate/retrieval.ts";
import { array, type NdArray } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { constant } from "../../graph/inputs.ts";
import { mosaicLayer } from "../../inspect/routing-statistics.ts";
import type { Mosaic } from "../../inspect/types.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { binaryCrossEntropy } from "../../losses/binary-cross-entropy.ts";
import {
  alignmentLoss,
  infoNceLoss,
  pairAccuracy,
  sigmoidPairLoss,
} from "../../losses/contrastive.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import type { DiffMoeSettings } from "../../models/diff-moe-config.ts";
import {
  type CaptionedImages,
  type DiffMoeMatchingConfig,
  diffMoeWithCaptions,
} from "../../models/diff-moe-matching.ts";
import type { Classifier } from "../../models/systems.ts";
import { add, div, mul } from "../../ops/arithmetic.ts";
import { cast, equal, greater } from "../../ops/compare.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { expand } from "../../ops/reshape.ts";
import { isRoutingTap, readRouting, routingOf } from "../routing/routing-record.ts";
import type { BatchSource, Evaluator } from "../step/evaluator.ts";
import type { Objective, ObjectiveResult } from "../step/step-graph.ts";
import type { FullEvaluation, FullEvaluationOptions, Task } from "./task.ts";

const MOSAICS_SHOWN = 12;
/** Passes over an image, of which the first is without text. */
const PASSES = { fused: 3, apart: 1 } as const;

export interface ImageTextOptions {
  readonly tokenizer: Tokenizer;
  /** Words of a caption in a batch. */
  readonly contextLength: number;
  readonly labelSmoothing?: number;
}

/**
 * Captioned images, judged by the sum of the losses; a full evaluation adds recall in retrieval with
 * all captions of each image. Class labels, where there are any, are predicted from the image alone.
 */
export function imageTextMatching(
  settings: DiffMoeSettings,
  config: DiffMoeMatchingConfig,
  { grid, numActiveExperts }: Pick<Classifier, "grid" | "numActiveExperts">,
  { classNames }: Pick<ImageDataset, "classNames">,
  options: ImageTextOptions,
): Task {
  const passes = config.fusion ? PASSES.fused : PASSES.apart;
  return {
    objective: captionObjective(settings, config, options.labelSmoothing),
    score: { name: "loss", better: "lower" },
    samples: "images",
    tokensPerSample: grid.rows * grid.columns * passes,
    numActiveExperts,
    classNames,
    evaluateFully: (evaluation) => evaluateCaptions(grid, passes, options, evaluation),
  };
}

/**
 * `match`: whether a caption is the image's own, against that of the next image of the batch;
 * `contrastive`: InfoNCE or the sigmoid loss of the batch's pairs; `alignment`: minus their mean
 * cosine; `class`: cross-entropy of labels, from the images alone.
 */
export function captionObjective(
  { lossWeights }: Pick<DiffMoeSettings, "lossWeights">,
  config: DiffMoeMatchingConfig,
  labelSmoothing = 0,
): Objective {
  return (scope, { images, labels, tokens, lengths }) => {
    const captions = { ids: tokens!, lengths: lengths! };
    const result = diffMoeWithCaptions(scope, images!, captions, config);
    const { imageEmbeddings: z, textEmbeddings: t, scale, bias, logits, match } = result;
    const contrastive =
      config.contrastive.form === "siglip"
        ? sigmoidPairLoss(z, t, { scale, bias })
        : infoNceLoss(z, t, scale);
    const alignment = alignmentLoss(z, t);
    const metrics: Record<string, Tensor> = {
      contrastive_loss: contrastive,
      pair_accuracy: pairAccuracy(z, t),
      alignment_loss: alignment,
    };
    let loss = add(
      mul(contrastive, lossWeights.contrastive),
      mul(alignment, lossWeights.alignment),
    );
    if (match !== undefined) {
      const matching = matchScores(match);
      Object.assign(metrics, matching);
      loss = add(loss, mul(matching.match_loss, lossWeights.match));
    }
    if (logits !== undefined) {
      const smoothing = { labelSmoothing: scope.training ? labelSmoothing : 0 };
      const classLoss = crossEntropy(logits, labels!, smoothing);
      Object.assign(metrics, { accuracy: accuracy(logits, labels!), class_loss: classLoss });
      loss = add(loss, mul(classLoss, lossWeights.class));
    }
    return { loss, metrics, outputs: outputsOf(result) };
  };
}

function outputsOf({ imageEmbeddings, textEmbeddings, logits, match }: CaptionedImages) {
  return {
    image_embeddings: imageEmbeddings,
    text_embeddings: textEmbeddings,
    ...(logits && { logits }),
    ...(match && { match_scores: match.scores }),
  } satisfies ObjectiveResult["outputs"];
}

/** Binary cross-entropy and accuracy over the pairs that count. */
function matchScores({ scores, counted }: NonNullable<CaptionedImages["match"]>) {
  const targets = expand(constant(scores.graph, array([[1, 0]])), scores); // [B, 2]
  const losses = binaryCrossEntropy(scores, targets, { reduction: "none" });
  const right = equal(greater(scores, 0), greater(targets, 0.5));
  const total = reduceSum(counted);
  const mean = (values: Tensor): Tensor => div(reduceSum(mul(values, counted)), total);
  return { match_loss: mean(losses), match_accuracy: mean(cast(right, "float32")) };
}

async function evaluateCaptions(
  grid: Classifier["grid"],
  passes: number,
  options: ImageTextOptions,
  { loader, createEvaluator, onBatch }: FullEvaluationOptions,
): Promise<FullEvaluation> {
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
  { tokenizer, contextLength }: ImageTextOptions,
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
