/** Classification with a classification head and with descriptions of the classes. */

import type { ImageDataset } from "../../data/dataset.ts";
import { classDescriptions } from "../../data/text/class-descriptions.ts";
import { type ClassPrompts, tokenizePrompts } from "../../data/text/tokenize-prompts.ts";
import type { Tokenizer } from "../../data/tokenizers/index.ts";
import { tokenTexts } from "../../evaluate/generate/prompt.ts";
import type { Objective } from "../../learn/step-graph.ts";
import { accuracy } from "../../losses/accuracy.ts";
import { alignmentLoss } from "../../losses/contrastive.ts";
import { crossEntropy } from "../../losses/cross-entropy.ts";
import type { Classifier } from "../../models/classifier.ts";
import { type DiffMoeSettings, diffMoeMatchingConfig } from "../../models/diff-moe/config.ts";
import { diffMoeWithPrompts } from "../../models/diff-moe/matching.ts";
import { add, mul } from "../../ops/arithmetic.ts";
import { gather } from "../../ops/gather.ts";
import { imageClassification } from "../classification/images.ts";
import type { ReadWords } from "../shared/attention-record.ts";
import type { Task } from "../task.ts";

/**
 * Learns to classify images and to match them with a description of every class. `accuracy` is the
 * accuracy of the head, `prompt_accuracy` the accuracy of the nearest description. All images have
 * the same descriptions, so the text does not reveal the label.
 */
export function classPrompts(
  settings: DiffMoeSettings,
  classifier: Classifier,
  dataset: ImageDataset,
  {
    tokenizer,
    labelSmoothing,
  }: { readonly tokenizer: Tokenizer; readonly labelSmoothing?: number },
): Task {
  const { classNames, name } = dataset;
  const texts = classDescriptions(name, classNames, settings.promptDetail);
  const prompts = tokenizePrompts(texts, tokenizer, settings.contextLength);
  const { vocabularySize } = tokenizer;
  const config = diffMoeMatchingConfig(settings, { numClasses: classNames.length, vocabularySize });
  const words = promptWords(prompts, tokenizer);
  const task = imageClassification(classifier, dataset, { words: () => words });
  return {
    ...task,
    objective: promptObjective(settings, config, prompts, labelSmoothing),
    evaluateFully: (options) =>
      task.evaluateFully({
        ...options,
        // Blocks over the descriptions have no patches.
        createEvaluator: (wanted, more) =>
          options.createEvaluator((tap) => !tap.startsWith("text_blocks.") && wanted(tap), more),
      }),
  };
}

/** The words of all descriptions, concatenated as keys of the patches. */
function promptWords({ ids, lengths }: ClassPrompts, tokenizer: Tokenizer): ReadWords {
  const longest = ids.shape[1]!;
  const rows = Array.from(lengths.data, (length, row) =>
    Array.from({ length: Number(length) }, (_, i) => row * longest + i),
  );
  return {
    words: rows.map((row) =>
      tokenTexts(
        tokenizer,
        row.map((at) => Number(ids.data[at])),
      ),
    ),
    keys: rows.flat(),
  };
}

/**
 * `class`: cross-entropy of the head; `contrastive`: cross-entropy of the cosines with all
 * descriptions divided by the temperature (InfoNCE from images to texts only, because the other
 * direction would treat images of one class as negatives); `alignment`: minus the mean cosine with
 * the true class's description.
 */
export function promptObjective(
  { lossWeights }: Pick<DiffMoeSettings, "lossWeights">,
  config: ReturnType<typeof diffMoeMatchingConfig>,
  prompts: ClassPrompts,
  labelSmoothing = 0,
): Objective {
  return (scope, { images, labels }) => {
    const result = diffMoeWithPrompts(scope, images!, prompts, config);
    const { logits, promptLogits, imageEmbeddings, textEmbeddings } = result;
    const smoothing = { labelSmoothing: scope.training ? labelSmoothing : 0 };
    const classLoss = crossEntropy(logits, labels!, smoothing);
    const contrastive = crossEntropy(promptLogits, labels!, smoothing);
    const alignment = alignmentLoss(imageEmbeddings, gather(textEmbeddings, labels!));
    const parts = [
      mul(classLoss, lossWeights.class),
      mul(contrastive, lossWeights.contrastive),
      mul(alignment, lossWeights.alignment),
    ];
    return {
      loss: parts.reduce((sum, part) => add(sum, part)),
      metrics: {
        accuracy: accuracy(logits, labels!),
        prompt_accuracy: accuracy(promptLogits, labels!),
        class_loss: classLoss,
        contrastive_loss: contrastive,
        alignment_loss: alignment,
      },
      outputs: { logits, prompt_logits: promptLogits },
    };
  };
}
