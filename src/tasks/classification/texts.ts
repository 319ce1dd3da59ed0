/** Classification of sentences. */

import type { TextDataset } from "../../data/dataset.ts";
import { readSample } from "../../data/read-sample.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import type { Tensor } from "../../graph/graph.ts";
import type { TextPrediction } from "../../inspect/types/text.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import type { Scope } from "../../nn/scope.ts";
import { type Collector, evaluateWith } from "../shared/collect.ts";
import { routingCollector } from "../shared/collectors.ts";
import { wordGalleryCollector } from "../shared/token-traces.ts";
import type { FullEvaluation, FullEvaluationOptions, Task } from "../task.ts";
import { confusionCollector, predictionCollector } from "./collectors.ts";
import { sentenceCollector } from "./sentences.ts";

const WRONG_SHOWN = 20;
const RIGHT_SHOWN = 10;
/** Maximum length of a text in a cell of the confusion matrix. */
const SAMPLE_CHARACTERS = 400;

/** A model of sentences: `tokens` `[B, L]` and their `lengths` `[B]` to class logits `[B, C]`. */
export interface SentenceModel {
  readonly logits: (scope: Scope, tokens: Tensor, lengths: Tensor) => Tensor;
  readonly numActiveExperts: number;
}

export interface TextClassificationOptions {
  readonly contextLength: number;
  readonly tokenizer: Tokenizer;
  readonly labelSmoothing?: number;
}

/** Learns the classes of sentences; the score is the accuracy. */
export function textClassification(
  model: SentenceModel,
  classNames: readonly string[],
  { contextLength, tokenizer, labelSmoothing = 0 }: TextClassificationOptions,
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
    evaluateFully: (options) => evaluateSentences(classNames, tokenizer, options),
  };
}

async function evaluateSentences(
  classNames: readonly string[],
  tokenizer: Tokenizer,
  evaluation: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const dataset = evaluation.loader.dataset as TextDataset;
  const numClasses = classNames.length;
  const { scores, results } = await evaluateWith(evaluation, {
    routing: routingCollector(classNames),
    galleries: wordGalleryCollector(tokenizer),
    confusion: confusionCollector(numClasses),
    textPredictions: shownPredictions(dataset),
    tokenTraces: sentenceCollector(tokenizer, numClasses),
  });
  const { routing, galleries, confusion, textPredictions, tokenTraces } = results;
  return {
    scores,
    record: {
      confusion: confusion.counts,
      confusionSamples: confusion.samples.map(({ index, ...cell }) => ({
        ...cell,
        text: readSample(dataset, index).text.slice(0, SAMPLE_CHARACTERS),
      })),
      routing,
      tokenTraces,
      textPredictions,
    },
    inspected: { galleries },
  };
}

/** Collects the wrong predictions with the highest probabilities, and the first correct predictions. */
function shownPredictions(dataset: TextDataset): Collector<TextPrediction[]> {
  const right: TextPrediction[] = [];
  let wrong: TextPrediction[] = [];
  return predictionCollector(
    ({ index, label, predicted, probabilities }) => {
      const { text } = readSample(dataset, index);
      const prediction = { text, label, predicted, probability: probabilities[predicted]! };
      if (label !== predicted) wrong = mostConfident([...wrong, prediction]);
      else if (right.length < RIGHT_SHOWN) right.push(prediction);
    },
    () => [...wrong, ...right],
  );
}

/** The wrong predictions with the highest probabilities. */
function mostConfident(wrong: readonly TextPrediction[]): TextPrediction[] {
  return wrong.toSorted((a, b) => b.probability - a.probability).slice(0, WRONG_SHOWN);
}
