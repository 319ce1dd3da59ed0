/** Classification of sentences. */
import type { TextDataset } from "../../data/dataset.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import type { Tensor } from "../../graph/graph.ts";
import { confusionSampler } from "../../inspect/confusion-sampler.ts";
import type { TextPrediction } from "../../inspect/types/text.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import { isRoutingTap, readRouting } from "../../moe/routing-taps.ts";
import type { Scope } from "../../nn/scope.ts";
import { routingRecorder } from "../routing/routing-record.ts";
import { noImages, sentenceRecorder, wordGallery } from "../shared/token-traces.ts";
import type { FullEvaluation, FullEvaluationOptions, Task } from "../task.ts";
import { softmaxRow } from "./softmax-row.ts";

const WRONG_SHOWN = 20;
const RIGHT_SHOWN = 10;
/** Of a text in a cell of the confusion matrix. */
const SAMPLE_CHARACTERS = 400;

/** A model that gives class logits `[B, C]` of `tokens` `[B, L]` of which `lengths` `[B]` count. */
export interface SentenceModel {
  readonly logits: (scope: Scope, tokens: Tensor, lengths: Tensor) => Tensor;
  readonly numActiveExperts: number;
}

export interface TextClassificationOptions {
  readonly contextLength: number;
  readonly tokenizer: Tokenizer;
  readonly labelSmoothing?: number;
}

/** Sentences of a labelled set, judged by accuracy. */
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
  { loader, createEvaluator, onBatch }: FullEvaluationOptions,
): Promise<FullEvaluation> {
  const dataset = loader.dataset as TextDataset;
  const evaluator = await createEvaluator((name) => name === "logits" || isRoutingTap(name));
  const numClasses = classNames.length;
  const confusion = Array.from({ length: numClasses }, () => Array<number>(numClasses).fill(0));
  const sampler = confusionSampler();
  const right: TextPrediction[] = [];
  let wrong: TextPrediction[] = [];
  try {
    const routing = routingRecorder(evaluator.graph.taps, classNames);
    const { layerNames } = routing;
    const gallery = wordGallery(tokenizer);
    const sentences = sentenceRecorder({ layerNames, tokenizer }, numClasses);
    const scores = await evaluator.run(loader, (outputs, batch) => {
      const labels = Array.from(batch.arrays.labels!.data, Number);
      routing.add(outputs, batch);
      for (const layer of layerNames) {
        gallery.add(layer, readRouting(outputs, layer, "probabilities"), {
          indices: batch.indices,
          patches: false,
          tokens: batch.arrays.tokens!,
        });
      }
      for (const [row, label] of labels.entries()) {
        const probabilities = softmaxRow(outputs.logits!, row);
        const probability = Math.max(...probabilities);
        const predicted = probabilities.indexOf(probability);
        confusion[label]![predicted]! += 1;
        sentences.add(outputs, batch, { row, label, predicted });
        const index = batch.indices[row]!;
        sampler.add({ label, predicted, index });
        const { text } = dataset.get(index);
        const prediction = { text, label, predicted, probability };
        if (label !== predicted) wrong.push(prediction);
        else if (right.length < RIGHT_SHOWN) right.push(prediction);
      }
      wrong = mostConfident(wrong);
      onBatch();
    });
    return {
      scores,
      record: {
        confusion,
        confusionSamples: sampler.samples().map(({ index, ...cell }) => ({
          ...cell,
          text: dataset.get(index).text.slice(0, SAMPLE_CHARACTERS),
        })),
        routing: routing.layers(),
        tokenTraces: sentences.traces(),
        textPredictions: [...wrong, ...right],
      },
      inspected: { galleries: gallery.galleries(noImages) },
    };
  } finally {
    evaluator.dispose();
  }
}

/** The mistakes that the model was surest of. */
function mostConfident(wrong: readonly TextPrediction[]): TextPrediction[] {
  return wrong.toSorted((a, b) => b.probability - a.probability).slice(0, WRONG_SHOWN);
}
