/** Prediction of the next token of a text. */
import type { StreamDataset } from "../../data/dataset.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import type { LanguageModel } from "../../models/language-model.ts";
import { isRoutingTap, readRouting } from "../../moe/routing-taps.ts";
import { reshape } from "../../ops/reshape.ts";
import { nativeRuntime } from "../../runtime/native/native.ts";
import type { SessionOptions } from "../../runtime/session.ts";
import { routingRecorder } from "../routing/routing-record.ts";
import { noImages, passageRecorder, wordGallery } from "../shared/token-traces.ts";
import type { FullEvaluation, FullEvaluationOptions, Task } from "../task.ts";
import { sampleTexts } from "./text-samples.ts";

export interface LanguageModelingOptions {
  readonly contextLength: number;
  readonly tokenizer: Tokenizer;
  /** Of the texts that the report shows. */
  readonly seed: number;
  readonly session: SessionOptions;
}

/**
 * Windows of a text, judged by the mean cross-entropy of the token after each place, in nats.
 *
 * `accuracy` is the fraction of places at which the most probable token is the right one.
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
  { loader, createEvaluator, weights, onBatch, onWork }: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const { text } = loader.dataset as StreamDataset;
  const ids = tokenizer.encode(text);
  const numWindows = Math.floor((ids.length - 1) / contextLength);
  const evaluator = await createEvaluator((name) => isRoutingTap(name));
  try {
    const routing = routingRecorder(evaluator.graph.taps);
    const { layerNames } = routing;
    const gallery = wordGallery(tokenizer);
    const passages = passageRecorder({ layerNames, tokenizer }, numWindows, contextLength);
    const scores = await evaluator.run(loader, (outputs, batch) => {
      routing.add(outputs, batch);
      for (const layer of layerNames) {
        gallery.add(layer, readRouting(outputs, layer, "probabilities"), {
          indices: batch.indices,
          patches: false,
          tokens: batch.arrays.tokens!,
        });
      }
      passages.add(outputs, batch);
      onBatch();
    });
    const sampling = { runtime: nativeRuntime(), weights, session, tokenizer, seed };
    return {
      scores,
      record: {
        routing: routing.layers(),
        tokenTraces: passages.traces(),
        language: { charactersPerToken: [...text].length / ids.length },
        samples: await sampleTexts(model, {
          ...sampling,
          text: ids,
          onSample: (done, total) => onWork?.("text sample", done, total),
        }),
      },
      inspected: { galleries: gallery.galleries(noImages) },
    };
  } finally {
    evaluator.dispose();
  }
}
