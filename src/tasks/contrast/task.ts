/** Contrastive learning of images and texts. */
import type { Tensor } from "../../graph/graph.ts";
import { joinStages, type StagedObjective } from "../../learn/staged-objective.ts";
import {
  infoNceLoss,
  meanSimilarity,
  pairAccuracy,
  sigmoidPairLoss,
} from "../../losses/contrastive.ts";
import { meanOver } from "../../losses/mean-over.ts";
import { repeatedRows } from "../../losses/repeated-rows.ts";
import type { ContrastiveModel } from "../../models/contrastive-model.ts";
import type { Similarity } from "../../nn/logit-scale.ts";
import { div, mul } from "../../ops/arithmetic.ts";
import { onesLike } from "../../ops/gather.ts";
import { reduceMean } from "../../ops/reduce.ts";
import type { Task } from "../task.ts";
import { type ContrastEvaluationOptions, evaluateContrast } from "./evaluation.ts";

/**
 * Pairs of images and texts, judged by how many find each other in the validation split, or in its groups
 * of at most 1024 pairs; a full evaluation adds
 * recall in retrieval with all captions of each image, and zero-shot accuracy where the images have classes.
 */
export function imageTextContrast(
  model: ContrastiveModel,
  options: Omit<ContrastEvaluationOptions, "model">,
): Task {
  const stages = contrastiveStages(model);
  const { tokensPerImage, contextLength, numActiveExperts, tokenPaths } = model;
  return {
    objective: joinStages(stages),
    stages,
    // On a small set the loss rises through overconfidence long before the ranking gets worse.
    score: { name: "pair_accuracy", better: "higher" },
    samples: "pairs",
    tokensPerSample: tokensPerImage + contextLength,
    numActiveExperts,
    tokenPaths,
    classNames: options.classNames,
    evaluateFully: (evaluation) => evaluateContrast({ ...options, model }, evaluation),
  };
}

/**
 * Embeddings of every pair, then InfoNCE or the sigmoid loss over all pairs. `temperature` is the
 * inverse of the logit scale; `image_similarity` and `text_similarity` are mean cosines of
 * different samples.
 */
export function contrastiveStages(model: ContrastiveModel): StagedObjective {
  return {
    embed: (scope, { images, tokens, lengths }) => {
      const pairs = model.pairs(scope, images!, tokens!, lengths!);
      return {
        image_embeddings: pairs.images,
        text_embeddings: pairs.texts,
        texts: tokens!,
      };
    },
    compare: (scope, { image_embeddings: z, text_embeddings: t, texts }) => {
      const similarity = model.similarity(scope);
      const same = repeatedRows(texts!);
      const ignore = model.ignoresRepeated ? same : undefined;
      const loss =
        model.form === "siglip"
          ? sigmoidPairLoss(z!, t!, { ...similarity, ignore })
          : infoNceLoss(z!, t!, similarity.scale, { ignore });
      return {
        loss,
        metrics: {
          pair_accuracy: pairAccuracy(z!, t!, { same }),
          image_similarity: meanSimilarity(z!),
          text_similarity: meanSimilarity(t!),
          temperature: temperatureOf(similarity, loss),
        },
      };
    },
  };
}

/** The inverse of the logit scale, as a scalar of the graph. */
function temperatureOf({ scale }: Similarity, like: Tensor): Tensor {
  if (typeof scale !== "number") return div(1, reduceMean(scale));
  return meanOver(mul(onesLike(like), 1 / scale), "samples");
}
