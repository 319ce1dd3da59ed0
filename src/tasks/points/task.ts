/** The classic mixture of experts over points: experts that learn apart, and the gate over them. */
import type { PointsDataset } from "../../data/dataset.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { Objective } from "../../learn/step-graph.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import { mixtureLikelihood } from "../../losses/mixture-likelihood.ts";
import { classicMixture } from "../../models/classic-mixture/classic-mixture.ts";
import {
  type ClassicMixtureSettings,
  checkExpertLabels,
} from "../../models/classic-mixture/config.ts";
import { cast, equal, logicalOr, stopGradient, where } from "../../ops/compare.ts";
import { takeAlong } from "../../ops/gather.ts";
import { reduceMean } from "../../ops/reduce.ts";
import { squeeze, unsqueeze } from "../../ops/reshape.ts";
import { stack } from "../../ops/tile.ts";
import { argMax } from "../../ops/top-k.ts";
import type { Task, TaskData } from "../task.ts";
import type { TaskOptions } from "../task-maker.ts";
import { evaluateMixture } from "./record.ts";

/** The label of samples that an expert does not learn from. */
const NOT_OWN = -1;

/** Points of a labelled set, judged by the accuracy of the mixture. */
export function classicMixtureTask(
  settings: ClassicMixtureSettings,
  { dataset }: TaskData,
  { batchSize }: Pick<TaskOptions, "batchSize">,
): Task {
  const { classNames } = dataset as PointsDataset;
  checkExpertLabels(settings, classNames.length);
  const { expertLabels } = settings;
  return {
    objective: mixtureObjective(settings, classNames.length),
    score: { name: "accuracy", better: "higher" },
    samples: "points",
    tokensPerSample: 1,
    numActiveExperts: expertLabels.length,
    classNames,
    evaluateFully: (evaluation) => evaluateMixture({ expertLabels, batchSize, ...evaluation }),
  };
}

/**
 * The likelihood of the mixture, which moves the gate alone, and the cross-entropy of each expert on
 * the samples of its own labels, which moves that expert alone.
 *
 * Metrics: `accuracy` of the most probable class under the mixture, `accuracy_hard` of the class that
 * the expert with the largest gate finds most probable, `expert_<e>_accuracy` of each expert over all
 * classes. Outputs: `probabilities` `[B, C]`, `gates` `[B, E]`, `expert_classes` `[B, E]`.
 */
export function mixtureObjective(settings: ClassicMixtureSettings, numClasses: number): Objective {
  const { expertLabels } = settings;
  const config = { ...settings, numExperts: expertLabels.length, numClasses };
  return (scope, { features, labels }) => {
    const { routing, expertLogits, probabilities } = classicMixture(scope, features!, config);
    const gates = routing.combineWeights; // [B, E]
    for (const [e, logits] of expertLogits.entries()) {
      const own = ownLabels(labels!, expertLabels[e]!); // [B]
      const loss = crossEntropy(logits, own, { ignoreIndex: NOT_OWN });
      scope.child("experts").child(e).auxiliary("cross_entropy", 1, loss);
    }
    const expertClasses = stack(
      expertLogits.map((logits) => argMax(logits, 1)),
      1,
    ); // [B, E]
    const chosen = squeeze(takeAlong(expertClasses, unsqueeze(argMax(gates, 1), 1)), 1); // [B]
    return {
      loss: mixtureLikelihood(routing.logits, expertLogits.map(stopGradient), labels!),
      metrics: {
        accuracy: accuracy(probabilities, labels!),
        accuracy_hard: reduceMean(cast(equal(chosen, labels!), "float32")),
        ...Object.fromEntries(
          expertLogits.map((logits, e) => [`expert_${e}_accuracy`, accuracy(logits, labels!)]),
        ),
      },
      outputs: { probabilities, gates, expert_classes: expertClasses },
    };
  };
}

/** The labels, with `NOT_OWN` in place of those that are none of `own`. */
function ownLabels(labels: Tensor, own: readonly number[]): Tensor {
  const known = own.map((label) => equal(labels, label)).reduce((a, b) => logicalOr(a, b));
  return where(known, labels, NOT_OWN);
}
