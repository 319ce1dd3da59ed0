/** Scores of generated captions against reference captions. */

import { UserError } from "../../graph/errors.ts";
import { mean } from "../mean.ts";
import { bleuScores } from "./bleu.ts";
import { ciderScores } from "./cider.ts";
import { rougeL } from "./rouge-l.ts";
import { tokenizeCaption } from "./tokenize-captions.ts";

/** Fractions, except `cider`, which is CIDEr-D with a maximum of 10. */
export interface CaptionScores {
  readonly bleu1: number;
  readonly bleu2: number;
  readonly bleu3: number;
  readonly bleu4: number;
  readonly rouge_l: number;
  readonly cider: number;
}

/**
 * BLEU-1 to BLEU-4 of the corpus, and the sample means of ROUGE-L and CIDEr-D, over the words of
 * `tokenizeCaption`: lower case, without punctuation.
 *
 * An empty candidate scores 0 and counts towards BLEU's brevity penalty. With a single sample
 * `cider` is 0, because its weights come from differences between samples.
 *
 * @param candidates one caption per sample
 * @param references one or more captions per sample
 * @throws UserError if there are no samples or a sample has no reference; RangeError if the lengths
 *   differ
 * @example
 * captionScores(["A dog runs."], [["a dog runs", "the dog is running"]]).bleu1 // 1
 */
export function captionScores(
  candidates: readonly string[],
  references: readonly (readonly string[])[],
): CaptionScores {
  if (candidates.length !== references.length) {
    throw new RangeError(
      `caption scores need a list of references per candidate, got ${candidates.length} candidates and ${references.length} lists of references`,
    );
  }
  if (candidates.length === 0) {
    throw new UserError(
      "caption scores need at least one sample; evaluate a split that is not empty",
    );
  }
  const without = references.findIndex((own) => own.length === 0);
  if (without >= 0) {
    throw new UserError(
      `sample ${without + 1} of ${references.length} has no reference caption; remove it or give it one`,
    );
  }
  const words = candidates.map(tokenizeCaption);
  const referenceWords = references.map((own) => own.map(tokenizeCaption));
  const [bleu1, bleu2, bleu3, bleu4] = bleuScores(words, referenceWords);
  const rouge = words.map((candidate, sample) => rougeL(candidate, referenceWords[sample]!));
  const cider = ciderScores(words, referenceWords);
  return { bleu1, bleu2, bleu3, bleu4, rouge_l: mean(rouge), cider: mean(cider) };
}
