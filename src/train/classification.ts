/** Classification as an objective. */
import { accuracy } from "../losses/accuracy.ts";
import { crossEntropy } from "../losses/cross-entropy.ts";
import type { Classifier } from "../models/systems.ts";
import type { Objective } from "./step-graph.ts";

/**
 * Cross-entropy between the logits of `images` and `labels`, with the accuracy beside it.
 *
 * Label smoothing counts in training only, so that validation losses compare across settings.
 */
export function classification(
  classifier: Classifier,
  { labelSmoothing = 0 }: { readonly labelSmoothing?: number } = {},
): Objective {
  return (scope, { images, labels }) => {
    const logits = classifier.logits(scope, images!);
    const smoothing = scope.training ? labelSmoothing : 0;
    return {
      loss: crossEntropy(logits, labels!, { labelSmoothing: smoothing }),
      metrics: { accuracy: accuracy(logits, labels!) },
      outputs: { logits },
    };
  };
}
