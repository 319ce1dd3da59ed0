import { mean } from "../mean.ts";
import { countNgrams } from "./ngrams.ts";

const maxOrder = 4;
/** Standard deviation of the Gaussian length penalty, words. */
const sigma = 6;

/** N-grams of one order of a sentence: tf-idf weights and their Euclidean norm. */
interface OrderVector {
  readonly weights: ReadonlyMap<string, number>;
  readonly norm: number;
}

/**
 * CIDEr-D of every sample, as coco-caption computes its "CIDEr" (Vedantam et al. 2015,
 * arXiv:1411.5726, section 7); a candidate that equals all its references scores 10.
 *
 * CIDEr-D = 10 mean_n mean_j exp(-(l_c - l_j)^2 / (2 sigma^2)) min(g_c, g_j) . g_j / (|g_c| |g_j|),
 * n = 1..4, sigma 6, where l is the length in words and g(w) = count(w) log(samples / df(w)); df is
 * the number of samples with the n-gram in any reference, at least 1. Words are not stemmed.
 *
 * Each score depends on the whole set. With a single sample every weight is log 1 = 0, and
 * therefore the score too.
 *
 * @param candidates words of each sample's candidate, `[samples][words]`
 * @param references words of each sample's references, `[samples][references][words]`
 */
export function ciderScores(
  candidates: readonly (readonly string[])[],
  references: readonly (readonly (readonly string[])[])[],
): number[] {
  const frequencies = documentFrequencies(references);
  const vectors = (words: readonly string[]): OrderVector[] =>
    Array.from({ length: maxOrder }, (_, at) =>
      weigh(countNgrams(words, at + 1), frequencies, candidates.length),
    );
  return candidates.map((candidate, sample) => {
    const own = references[sample]!;
    const mine = vectors(candidate);
    const similarities = own.map((reference) => {
      const theirs = vectors(reference);
      const penalty = Math.exp(-((candidate.length - reference.length) ** 2) / (2 * sigma ** 2));
      return penalty * mean(mine.map((vector, at) => clippedCosine(vector, theirs[at]!)));
    });
    return 10 * mean(similarities);
  });
}

/** Number of samples with the n-gram in any reference. */
function documentFrequencies(
  references: readonly (readonly (readonly string[])[])[],
): Map<string, number> {
  const frequencies = new Map<string, number>();
  for (const own of references) {
    const found = new Set<string>();
    for (const reference of own) {
      for (let n = 1; n <= maxOrder; n++) {
        for (const ngram of countNgrams(reference, n).keys()) found.add(ngram);
      }
    }
    for (const ngram of found) frequencies.set(ngram, (frequencies.get(ngram) ?? 0) + 1);
  }
  return frequencies;
}

function weigh(
  counts: ReadonlyMap<string, number>,
  frequencies: ReadonlyMap<string, number>,
  numSamples: number,
): OrderVector {
  const weights = new Map<string, number>();
  let squares = 0;
  for (const [ngram, count] of counts) {
    const weight = count * Math.log(numSamples / (frequencies.get(ngram) ?? 1));
    weights.set(ngram, weight);
    squares += weight ** 2;
  }
  return { weights, norm: Math.sqrt(squares) };
}

/** Clips the count of a repeated word at its count in the reference. */
function clippedCosine(candidate: OrderVector, reference: OrderVector): number {
  if (candidate.norm === 0 || reference.norm === 0) return 0;
  let product = 0;
  for (const [ngram, weight] of candidate.weights) {
    const other = reference.weights.get(ngram) ?? 0;
    product += Math.min(weight, other) * other;
  }
  return product / (candidate.norm * reference.norm);
}
