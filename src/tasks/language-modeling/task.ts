/** Next-token prediction. */
import type { StreamDataset } from "../../data/dataset.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import type { LanguageModel } from "../../models/language-model.ts";
import { reshape } from "../../ops/reshape.ts";
import { defaultRuntime } from "../../runtime/default-runtime.ts";
import type { SessionOptions } from "../../runtime/session.ts";
import { evaluateWith } from "../shared/collect.ts";
import { routingCollector } from "../shared/collectors.ts";
import { passageCollector, wordGalleryCollector } from "../shared/token-traces.ts";
import type { FullEvaluation, FullEvaluationOptions, Task } from "../task.ts";
import { sampleTexts } from "./text-samples.ts";

export interface LanguageModelingOptions {
  readonly contextLength: number;
  readonly tokenizer: Tokenizer;
  /** Seed of the texts that the report shows. */
  readonly seed: number;
  readonly session: SessionOptions;
}

/**
 * Learns windows of a text; the score is the mean cross-entropy of the token after each position,
 * in nats.
 *
 * `accuracy` is the fraction of positions at which the most probable token is correct.
 */
export function languageModeling(model: LanguageModel, options: LanguageModelingOptions): Task {
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
    tokensPerSample: options.contextLength,
    numActiveExperts: model.numActiveExperts,
    classNames: [],
    evaluateFully: (evaluation) => evaluateWindows(model, options, evaluation),
  };
}

async function evaluateWindows(
  model: LanguageModel,
  { contextLength, tokenizer, seed, session }: LanguageModelingOptions,
  evaluation: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const { loader, weights, onWork } = evaluation;
  const { text } = loader.dataset as StreamDataset;
  const ids = tokenizer.encode(text);
  const numWindows = Math.floor((ids.length - 1) / contextLength);
  const { scores, results } = await evaluateWith(evaluation, {
    routing: routingCollector(),
    galleries: wordGalleryCollector(tokenizer),
    tokenTraces: passageCollector(tokenizer, numWindows, contextLength),
  });
  const { galleries, ...routed } = results;
  const sampling = { runtime: defaultRuntime(), weights, session, tokenizer, seed };
  return {
    scores,
    record: {
      ...routed,
      language: { charactersPerToken: [...text].length / ids.length },
      samples: await sampleTexts(model, {
        ...sampling,
        text: ids,
        onSample: (done, total) => onWork?.("text sample", done, total),
      }),
    },
    inspected: { galleries },
  };
}
