/** Matching of images and captions. */
import type { ImageDataset } from "../../data/dataset.ts";
import { array } from "../../graph/array.ts";
import type { Tensor } from "../../graph/graph.ts";
import { constant } from "../../graph/inputs.ts";
import type { ObjectiveResult } from "../../learn/apply/objective-result.ts";
import type { Objective } from "../../learn/step-graph.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { binaryCrossEntropy } from "../../losses/binary-cross-entropy.ts";
import {
  alignmentLoss,
  infoNceLoss,
  pairAccuracy,
  sigmoidPairLoss,
} from "../../losses/contrastive.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import { countedMean } from "../../losses/mean-over.ts";
import { repeatedRows } from "../../losses/repeated-rows.ts";
import type { Classifier } from "../../models/classifier.ts";
import type { DiffMoeSettings } from "../../models/diff-moe/config.ts";
import {
  type CaptionedImages,
  type DiffMoeMatchingConfig,
  diffMoeWithCaptions,
} from "../../models/diff-moe/matching.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { cast, equal, greater } from "../../ops/compare.ts";
import { reduceSum } from "../../ops/reduce.ts";
import { expand } from "../../ops/reshape.ts";
import type { Task } from "../task.ts";
import { type CaptionEvaluationOptions, evaluateCaptions } from "./evaluation.ts";

/** Number of passes over an image; the first has no text. */
const PASSES = { fused: 3, apart: 1 } as const;

/** Samples that evaluation compares with each other, at most. */
const COMPARED = 64;

export interface ImageTextOptions
  extends Pick<CaptionEvaluationOptions, "tokenizer" | "contextLength"> {
  readonly labelSmoothing?: number;
}

/**
 * Learns to match images and captions; the score is the sum of the losses. A full evaluation adds
 * retrieval recall over all captions. Class labels, if present, are predicted from the image
 * without text.
 */
export function imageTextMatching(
  settings: DiffMoeSettings,
  config: DiffMoeMatchingConfig,
  {
    grid,
    numActiveExperts,
    expertKinds,
  }: Pick<Classifier, "grid" | "numActiveExperts" | "expertKinds">,
  { classNames }: Pick<ImageDataset, "classNames">,
  options: ImageTextOptions,
): Task {
  const passes = config.fusion ? PASSES.fused : PASSES.apart;
  return {
    objective: captionObjective(settings, config, options.labelSmoothing),
    score: { name: "loss", better: "lower" },
    comparedSamples: COMPARED,
    samples: "images",
    tokensPerSample: grid.rows * grid.columns * passes,
    numActiveExperts,
    classNames,
    evaluateFully: (evaluation) =>
      evaluateCaptions(
        { ...options, grid, passes, ...(expertKinds && { expertKinds }) },
        evaluation,
      ),
  };
}

/**
 * `match`: binary classification of the image's own caption and the caption of the next image of
 * the batch; `contrastive`: InfoNCE or the sigmoid loss over the pairs of the batch; `alignment`:
 * minus the mean cosine of the pairs; `class`: cross-entropy of labels predicted from images
 * without text.
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
      pair_accuracy: pairAccuracy(z, t, { same: repeatedRows(tokens!) }),
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

/** Binary cross-entropy and accuracy over the counted pairs. */
function matchScores({ scores, counted }: NonNullable<CaptionedImages["match"]>) {
  const targets = expand(constant(scores.graph, array([[1, 0]])), scores); // [B, 2]
  const losses = binaryCrossEntropy(scores, targets, { reduction: "none" });
  const right = equal(greater(scores, 0), greater(targets, 0.5));
  const total = reduceSum(counted);
  const mean = (values: Tensor): Tensor => countedMean(mul(values, counted), total);
  return { match_loss: mean(losses), match_accuracy: mean(cast(right, "float32")) };
}
