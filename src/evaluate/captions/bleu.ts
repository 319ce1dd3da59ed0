import { countNgrams } from "./ngrams.ts";

const maxOrder = 4;

/**
 * BLEU-1 to BLEU-4 of a corpus, fractions (Papineni et al. 2002, ACL P02-1040, section 2).
 *
 * BLEU-N = BP exp(1/N sum_{n=1..N} log p_n), where p_n is the clipped n-gram precision over all
 * candidates: each n-gram of a candidate counts at most its maximum count in a single reference.
 * BP = min(1, exp(1 - r / c)), where c is the number of words of all candidates and r the number of
 * words of the references closest in length; ties go to the shorter. There is no smoothing: the
 * score is 0 if no n-gram of an order matches or candidates have none.
 *
 * @param candidates words of each sample's candidate, `[samples][words]`
 * @param references words of each sample's references, `[samples][references][words]`
 */
export function bleuScores(
  candidates: readonly (readonly string[])[],
  references: readonly (readonly (readonly string[])[])[],
): [bleu1: number, bleu2: number, bleu3: number, bleu4: number] {
  const matched = new Array<number>(maxOrder).fill(0);
  const total = new Array<number>(maxOrder).fill(0);
  let candidateWords = 0;
  let referenceWords = 0;
  for (const [sample, candidate] of candidates.entries()) {
    const own = references[sample]!;
    candidateWords += candidate.length;
    referenceWords += closestLength(candidate.length, own);
    for (let n = 1; n <= maxOrder; n++) {
      const all = own.map((reference) => countNgrams(reference, n));
      for (const [ngram, count] of countNgrams(candidate, n)) {
        const most = Math.max(...all.map((counts) => counts.get(ngram) ?? 0));
        matched[n - 1]! += Math.min(count, most);
        total[n - 1]! += count;
      }
    }
  }
  const brevity = Math.min(1, Math.exp(1 - referenceWords / candidateWords));
  let logSum = 0;
  const scores = matched.map((count, at) => {
    logSum += count === 0 ? Number.NEGATIVE_INFINITY : Math.log(count / total[at]!);
    return logSum === Number.NEGATIVE_INFINITY ? 0 : brevity * Math.exp(logSum / (at + 1));
  });
  return scores as [number, number, number, number];
}

function closestLength(length: number, references: readonly (readonly string[])[]): number {
  const distance = (one: number): number => Math.abs(one - length);
  return references
    .map((reference) => reference.length)
    .reduce((best, one) =>
      distance(one) < distance(best) || (distance(one) === distance(best) && one < best)
        ? one
        : best,
    );
}
