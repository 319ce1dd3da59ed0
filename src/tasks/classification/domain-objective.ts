/**
 * Objectives that learn classes from several domains, as in DomainBed's baselines.
 *
 * A training batch has `n` consecutive rows of each of the `M` training domains. All rows pass the
 * model at once, so that routing, expert capacity and auxiliary losses refer to the whole batch.
 * DomainBed runs the domains of some algorithms separately. Evaluation is the same for all
 * algorithms: classification.
 */

import type * as z from "zod";
import type { CamelCased } from "../../config/case.ts";
import { usageError } from "../../graph/errors.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { ObjectiveResult } from "../../learn/apply/objective-result.ts";
import type { Objective } from "../../learn/step-graph.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { coralPenalty } from "../../losses/coral.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import { type Accumulation, byDomain } from "../../losses/domain-rows.ts";
import { groupDroLoss } from "../../losses/group-dro.ts";
import { irmPenalty } from "../../losses/irm.ts";
import { mixDomains, mixupLoss } from "../../losses/mixup.ts";
import type { Classifier } from "../../models/classifier.ts";
import { constantOf } from "../../nn/initializers.ts";
import type { Scope } from "../../nn/scope.ts";
import { add, mul, sub } from "../../ops/arithmetic.ts";
import { cast, equal, greaterOrEqual, stopGradient } from "../../ops/compare.ts";
import { reduceMean } from "../../ops/reduce.ts";
import { argMax } from "../../ops/top-k.ts";
import type { algorithmSchema } from "./algorithm-config.ts";

export type DomainAlgorithm = CamelCased<z.output<typeof algorithmSchema>>;

export interface DomainObjectiveOptions {
  readonly algorithm: DomainAlgorithm;
  /** `M`, number of domains in a training batch. */
  readonly numDomains: number;
  readonly labelSmoothing?: number;
  /** Batches per update; the schedule of IRM counts updates. Default 1. */
  readonly accumulationSteps?: number;
}

/** Name of the tap with the input of the classification head. */
const FEATURES = "features";

/**
 * The training objective of an algorithm; `evaluated` is the evaluation objective. With one domain all
 * algorithms but IRM are empirical risk minimisation, as in DomainBed.
 */
export function domainObjective(
  classifier: Pick<Classifier, "logits">,
  evaluated: Objective,
  options: DomainObjectiveOptions,
): Objective {
  const train = trained(options);
  return (scope, batch) =>
    scope.training ? train(scope, batch, classifier) : evaluated(scope, batch);
}

/** The step at which the moments of the optimizer are set to zero, if any. */
export function resetMomentsAt({ algorithm }: DomainObjectiveOptions): number | undefined {
  return algorithm.name === "irm" ? algorithm.irmPenaltyAnnealIters : undefined;
}

type TrainingObjective = (
  scope: Scope,
  batch: Readonly<Record<string, Tensor>>,
  classifier: Pick<Classifier, "logits">,
) => ObjectiveResult;

function trained(options: DomainObjectiveOptions): TrainingObjective {
  const { algorithm, numDomains, labelSmoothing = 0, accumulationSteps = 1 } = options;
  const meanLoss = (logits: Tensor, labels: Tensor): Tensor =>
    crossEntropy(logits, labels, { labelSmoothing });
  switch (algorithm.name) {
    case "erm":
      return (scope, { images, labels }, { logits: forward }) => {
        const logits = forward(scope, images!);
        return result(logits, labels!, meanLoss(logits, labels!));
      };
    case "coral":
      return (scope, { images, labels }, classifier) => {
        const { logits, features } = withFeatures(scope, images!, classifier);
        const penalty = coralPenalty(
          features,
          numDomains,
          accumulationOf(scope, accumulationSteps),
        );
        scope.auxiliary("coral", algorithm.mmdGamma, penalty);
        return result(logits, labels!, meanLoss(logits, labels!));
      };
    case "irm":
      return (scope, { images, labels }, { logits: forward }) => {
        const logits = forward(scope, images!);
        const accumulation = accumulationOf(scope, accumulationSteps);
        const penalty = irmPenalty(logits, labels!, numDomains, accumulation);
        const annealed = algorithm.irmPenaltyAnnealIters * accumulationSteps;
        const count = scope.state("irm_batches", [], constantOf(0));
        scope.update("irm_batches", add(count, accumulationSteps));
        const late = cast(greaterOrEqual(count, annealed), "float32");
        const weight = add(mul(late, algorithm.irmLambda - 1), 1);
        scope.auxiliary("irm", 1, mul(weight, penalty));
        return result(logits, labels!, meanLoss(logits, labels!), { irm_penalty: penalty });
      };
    case "group_dro":
      return (scope, { images, labels }, { logits: forward }) => {
        const logits = forward(scope, images!);
        const rows = crossEntropy(logits, labels!, { labelSmoothing, reduction: "none" });
        const losses = reduceMean(byDomain(rows, numDomains), 1); // [M]
        const weights = scope.state("group_dro_weights", [numDomains], constantOf(1 / numDomains));
        const observed = scope.pooled("group_dro_losses", losses);
        const step = groupDroLoss(losses, weights, algorithm.groupdroEta, observed);
        scope.update("group_dro_weights", step.weights);
        return result(logits, labels!, step.loss);
      };
    case "mixup":
      return (scope, { images, labels }, { logits: forward }) => {
        const draws = {
          order: scope.random("mixup_order", [numDomains], "uniform"),
          shares: scope.random("mixup_shares", [numDomains], "uniform"),
        };
        const alpha = algorithm.mixupAlpha;
        const mixed = mixDomains(images!, labels!, draws, { numDomains, alpha });
        const logits = forward(scope, mixed.images);
        return {
          loss: mixupLoss(logits, mixed, { labelSmoothing }),
          metrics: { accuracy: mixedAccuracy(logits, mixed) },
          outputs: { logits },
        };
      };
  }
}

/** Means over all batches of an update, if it has several. */
function accumulationOf(scope: Scope, batches: number): Accumulation | undefined {
  if (batches === 1) return undefined;
  const wholeUpdate = (name: string, mean: Tensor): Tensor =>
    add(scope.pooled(name, mean), sub(mean, stopGradient(mean)));
  return { batches, wholeUpdate };
}

function result(
  logits: Tensor,
  labels: Tensor,
  loss: Tensor,
  metrics: Readonly<Record<string, Tensor>> = {},
): ObjectiveResult {
  return { loss, metrics: { accuracy: accuracy(logits, labels), ...metrics }, outputs: { logits } };
}

/** Accuracy in which a correct answer counts by its share of the mixed image. */
function mixedAccuracy(
  logits: Tensor,
  { labels, shares }: { readonly labels: readonly [Tensor, Tensor]; readonly shares: Tensor },
): Tensor {
  const predicted = argMax(logits, 1);
  const [first, second] = labels.map((each) =>
    reduceMean(byDomain(cast(equal(predicted, each), "float32"), shares.shape[0] as number), 1),
  ) as [Tensor, Tensor]; // [M]
  return reduceMean(add(mul(shares, first), mul(sub(1, shares), second)));
}

/** The logits, and the tapped features `[B, D]`. */
function withFeatures(
  scope: Scope,
  images: Tensor,
  { logits: forward }: Pick<Classifier, "logits">,
): { readonly logits: Tensor; readonly features: Tensor } {
  let features: Tensor | undefined;
  const watched: Scope = {
    ...scope,
    tap(name, tensor) {
      if (name === FEATURES) features = tensor;
      return scope.tap(name, tensor);
    },
  };
  const logits = forward(watched, images);
  if (features === undefined) {
    throw usageError(
      "train.algorithm coral compares features, but this model.system does not tap them; choose vit-moe or sf-moe, or another algorithm",
    );
  }
  return { logits, features };
}
