import type { ImageDataset } from "../../data/dataset.ts";
import { defined } from "../../graph/defined.ts";
import { usageError } from "../../graph/errors.ts";
import type { Objective } from "../../learn/step-graph.ts";
import type { Classifier } from "../../models/classifier.ts";
import type { Task } from "../task.ts";
import { type DomainAlgorithm, domainObjective, resetMomentsAt } from "./domain-objective.ts";

/** The settings of `train` for learning from several domains. */
export interface DomainLearningOptions {
  readonly labelSmoothing?: number;
  readonly samplesPerDomain?: number | undefined;
  /** Default: empirical risk minimisation. */
  readonly algorithm?: DomainAlgorithm | undefined;
  readonly accumulationSteps?: number;
}

/**
 * The objective of a classifier: `classification`, or in training the objective of a domain algorithm.
 *
 * @throws UserError (exit code 2) if an algorithm needs batches by domain and they are not set
 */
export function domainLearning(
  classifier: Classifier,
  { domains }: Pick<ImageDataset, "domains">,
  classification: Objective,
  { algorithm, samplesPerDomain, ...options }: DomainLearningOptions,
): Pick<Task, "objective" | "resetMomentsAt"> {
  if (algorithm === undefined) return { objective: classification };
  if (samplesPerDomain === undefined || domains === undefined) {
    throw usageError(
      `train.algorithm ${algorithm.name} learns from batches of several domains; set train.samples_per_domain`,
    );
  }
  const settings = { ...options, algorithm, numDomains: domains.names.length };
  const reset = resetMomentsAt(settings);
  return {
    objective: domainObjective(classifier, classification, settings),
    ...defined({ resetMomentsAt: reset }),
  };
}
