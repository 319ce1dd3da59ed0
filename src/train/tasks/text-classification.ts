/** Classification of sentences. */
import type { Tensor } from "../../graph/graph.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import type { Scope } from "../../nn/scope.ts";
import { isRoutingTap, readRouting } from "../routing-record.ts";
import type { FullEvaluation, FullEvaluationOptions, Task } from "../task.ts";

/** A model that gives class logits `[B, C]` of `tokens` `[B, L]` of which `lengths` `[B]` count. */
export interface SentenceModel {
  readonly logits: (scope: Scope, tokens: Tensor, lengths: Tensor) => Tensor;
  readonly numActiveExperts: number;
}

/** Sentences of a labelled set, judged by accuracy. */
export function textClassification(
  model: SentenceModel,
  classNames: readonly string[],
  { contextLength, labelSmoothing = 0 }: { contextLength: number; labelSmoothing?: number },
): Task {
  return {
    objective: (scope, { tokens, lengths, labels }) => {
      const logits = model.logits(scope, tokens!, lengths!);
      const smoothing = scope.training ? labelSmoothing : 0;
      return {
        loss: crossEntropy(logits, labels!, { labelSmoothing: smoothing }),
        metrics: { accuracy: accuracy(logits, labels!) },
        outputs: { logits },
      };
    },
    score: { name: "accuracy", better: "higher" },
    samples: "sentences",
    tokensPerSample: contextLength,
    numActiveExperts: model.numActiveExperts,
    classNames,
    evaluateFully: (options) => evaluateSentences(classNames, options),
  };
}

async function evaluateSentences(
  classNames: readonly string[],
  { loader, createEvaluator, onBatch }: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const evaluator = await createEvaluator((name) => name === "logits" || isRoutingTap(name));
  const numClasses = classNames.length;
  const confusion = Array.from({ length: numClasses }, () => Array<number>(numClasses).fill(0));
  try {
    const routing = readRouting(evaluator.graph.taps, classNames);
    const scores = await evaluator.run(loader, (outputs, batch) => {
      const labels = Array.from(batch.arrays.labels!.data, Number);
      routing.add(outputs, batch);
      for (const [i, truth] of labels.entries()) {
        const row = outputs.logits!.data.slice(i * numClasses, (i + 1) * numClasses);
        const values = Array.from(row, Number);
        confusion[truth]![values.indexOf(Math.max(...values))]! += 1;
      }
      onBatch();
    });
    return { scores, record: { confusion, routing: routing.layers() } };
  } finally {
    evaluator.dispose();
  }
}
