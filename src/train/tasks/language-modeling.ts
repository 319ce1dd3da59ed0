/** Prediction of the next token of a text. */
import { accuracy } from "../../losses/accuracy.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import type { LanguageModel } from "../../models/language-model.ts";
import { reshape } from "../../ops/reshape.ts";
import { isRoutingTap, readRouting } from "../routing-record.ts";
import type { FullEvaluation, FullEvaluationOptions, Task } from "../task.ts";

/**
 * Windows of a text, judged by the mean cross-entropy of the token after each place, in nats.
 *
 * `accuracy` is the fraction of places at which the most probable token is the right one.
 */
export function languageModeling(model: LanguageModel, contextLength: number): Task {
  return {
    objective: (scope, { tokens, targets }) => {
      const logits = model.logits(scope, tokens!); // [B*S, V]
      const next = reshape(targets!, [-1]); // [B*S]
      return {
        loss: crossEntropy(logits, next),
        metrics: { accuracy: accuracy(logits, next) },
        outputs: { logits },
      };
    },
    score: { name: "loss", better: "lower" },
    samples: "windows",
    tokensPerSample: contextLength,
    numActiveExperts: model.numActiveExperts,
    classNames: [],
    evaluateFully: evaluateWindows,
  };
}

async function evaluateWindows({
  loader,
  createEvaluator,
  onBatch,
}: FullEvaluationOptions): Promise<FullEvaluation> {
  const evaluator = await createEvaluator(isRoutingTap);
  try {
    const routing = readRouting(evaluator.graph.taps);
    const scores = await evaluator.run(loader, (outputs, batch) => {
      routing.add(outputs, batch);
      onBatch();
    });
    return { scores, record: { routing: routing.layers() } };
  } finally {
    evaluator.dispose();
  }
}
