/** Weight of recall relative to precision, as in coco-caption. */
const beta = 1.2;

/**
 * ROUGE-L of one candidate, a fraction (Lin 2004, ACL W04-1013, section 3.1).
 *
 * F = (1 + beta^2) P R / (R + beta^2 P), beta 1.2. P and R are the fractions of the candidate's and
 * the reference's words in their longest common subsequence. With several references the best P and
 * the best R are combined, even if they come from different references, as in coco-caption. F is 0
 * without a common word.
 *
 * @param references words of each reference, at least one reference
 */
export function rougeL(
  candidate: readonly string[],
  references: readonly (readonly string[])[],
): number {
  const common = references.map((reference) => longestCommonSubsequence(candidate, reference));
  if (Math.max(...common) === 0) return 0;
  const precision = Math.max(...common) / candidate.length;
  const recall = Math.max(
    ...common.map((length, at) => length / Math.max(references[at]!.length, 1)),
  );
  return ((1 + beta ** 2) * precision * recall) / (recall + beta ** 2 * precision);
}

/** Length of the longest common subsequence. */
function longestCommonSubsequence(first: readonly string[], second: readonly string[]): number {
  let above = new Array<number>(second.length + 1).fill(0);
  for (const word of first) {
    const row = [0];
    for (const [at, other] of second.entries()) {
      row.push(word === other ? above[at]! + 1 : Math.max(above[at + 1]!, row[at]!));
    }
    above = row;
  }
  return above[second.length]!;
}
