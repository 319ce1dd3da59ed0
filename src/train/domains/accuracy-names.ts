/** Names of accuracies by domain in the metrics of a run. */

/** The mean over the out splits of the training domains, which chooses the checkpoint. */
export const DOMAIN_ACCURACY = "domain_accuracy";

/** A name such as `env_sketch_in_acc`: DomainBed's, with the name of the domain in place of its number. */
export function accuracyName(domain: string, part: "in" | "out"): string {
  return `env_${domain}_${part}_acc`;
}
