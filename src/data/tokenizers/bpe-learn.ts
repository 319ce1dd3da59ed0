import { maxTokens, mergePair, pairKey, splitPieces } from "./bpe.ts";
import { createHeap } from "./heap.ts";
import type { BpeState, SpecialName } from "./tokenizer.ts";

interface Candidate {
  readonly pair: number;
  readonly count: number;
}

/**
 * Learns byte pair encoding (arXiv:1508.07909, algorithm 1): repeatedly joins the most frequent pair of
 * neighbouring tokens within words. Ties go to the smaller left id, then the smaller right id, so the
 * result does not depend on the order of texts.
 */
export function learnBpe(
  texts: Iterable<string>,
  options: {
    maxMerges: number;
    minimumCount: number;
    lowerCase: boolean;
    specials: readonly SpecialName[];
  },
): BpeState {
  const { maxMerges, minimumCount, lowerCase, specials } = options;
  const pieces = countPieces(texts, lowerCase);
  const encoder = new TextEncoder();
  const words: number[][] = [...pieces.keys()].map((piece) => [...encoder.encode(piece)]);
  const wordCounts = [...pieces.values()];

  const pairCounts = new Map<number, number>();
  const wordsWith = new Map<number, Set<number>>();
  const count = (word: number, sign: 1 | -1, changed: Set<number>): void => {
    const tokens = words[word]!;
    for (let at = 0; at + 1 < tokens.length; at++) {
      const pair = pairKey(tokens[at]!, tokens[at + 1]!);
      pairCounts.set(pair, (pairCounts.get(pair) ?? 0) + sign * wordCounts[word]!);
      changed.add(pair);
      if (sign < 0) continue;
      const holders = wordsWith.get(pair);
      if (holders) holders.add(word);
      else wordsWith.set(pair, new Set([word]));
    }
  };

  // Counts in the heap may be stale; an entry is valid only if it equals `pairCounts`.
  const heap = createHeap<Candidate>((a, b) => b.count - a.count || a.pair - b.pair);
  const refresh = (changed: Set<number>): void => {
    for (const pair of changed) {
      const current = pairCounts.get(pair)!;
      if (current >= minimumCount) heap.push({ pair, count: current });
    }
  };
  const all = new Set<number>();
  for (const word of words.keys()) count(word, 1, all);
  refresh(all);

  const merges: [number, number][] = [];
  while (merges.length < maxMerges) {
    const best = heap.pop();
    if (best === undefined) break;
    if (pairCounts.get(best.pair) !== best.count) continue;
    const left = Math.floor(best.pair / maxTokens);
    const right = best.pair % maxTokens;
    const joined = 256 + merges.length;
    merges.push([left, right]);
    const changed = new Set<number>();
    for (const word of wordsWith.get(best.pair)!) {
      count(word, -1, changed);
      words[word] = mergePair(words[word]!, left, right, joined);
      count(word, 1, changed);
    }
    wordsWith.delete(best.pair);
    refresh(changed);
  }
  return { kind: "bpe", merges, lowerCase, specials };
}

function countPieces(texts: Iterable<string>, lowerCase: boolean): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const piece of splitPieces(text, lowerCase)) {
      counts.set(piece, (counts.get(piece) ?? 0) + 1);
    }
  }
  return counts;
}
