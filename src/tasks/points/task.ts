/** The classic mixture of experts on points: separately trained experts and a gate. */
import type { PointsDataset } from "../../data/dataset.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { Objective } from "../../learn/step-graph.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { crossEntropy, NO_LABEL } from "../../losses/cross-entropy.ts";
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

/**
 * Learns the classes of points; the score is the accuracy of the mixture.
 *
 * @throws UserError (exit code 2) if the labels of an expert are not classes of the data
 */
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
 * The likelihood of the mixture, whose gradient only reaches the gate, and the cross-entropy of each
 * expert on the samples with its labels, whose gradient only reaches that expert.
 *
 * Metrics: `accuracy` of the most probable class of the mixture, `accuracy_hard` of the most probable
 * class of the expert with the largest gate, `expert_<e>_accuracy` of each expert over all classes.
 * Outputs: `probabilities` `[B, C]`, `gates` `[B, E]`, `expert_classes` `[B, E]`.
 */
export function mixtureObjective(settings: ClassicMixtureSettings, numClasses: number): Objective {
  const { expertLabels } = settings;
  const config = { ...settings, numExperts: expertLabels.length, numClasses };
  return (scope, { features, labels }) => {
    const { routing, expertLogits, probabilities } = classicMixture(scope, features!, config);
    const gates = routing.combineWeights; // [B, E]
    for (const [e, logits] of expertLogits.entries()) {
      const own = ownLabels(labels!, expertLabels[e]!); // [B]
      const loss = crossEntropy(logits, own);
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

/** Replaces labels that are not in `own` by `NO_LABEL`. */
function ownLabels(labels: Tensor, own: readonly number[]): Tensor {
  const known = own.map((label) => equal(labels, label)).reduce((a, b) => logicalOr(a, b));
  return where(known, labels, NO_LABEL);
}
