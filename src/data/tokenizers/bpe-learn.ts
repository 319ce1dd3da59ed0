import { maxTokens, pairKey, splitPieces } from "./bpe.ts";
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
    onProgress?: (done: number, total: number) => void;
  },
): BpeState {
  const { maxMerges, minimumCount, lowerCase, specials, onProgress } = options;
  const pieces = countPieces(texts, lowerCase);
  const encoder = new TextEncoder();
  const words: number[][] = [...pieces.keys()].map((piece) => [...encoder.encode(piece)]);
  const wordCounts = [...pieces.values()];

  const pairCounts = new Map<number, number>();
  const wordsWith = new Map<number, Set<number>>();
  const add = (tokens: readonly number[], at: number, word: number, changed: Set<number>): void => {
    const pair = pairKey(tokens[at]!, tokens[at + 1]!);
    pairCounts.set(pair, (pairCounts.get(pair) ?? 0) + wordCounts[word]!);
    changed.add(pair);
    const holders = wordsWith.get(pair);
    if (holders) holders.add(word);
    else wordsWith.set(pair, new Set([word]));
  };
  const remove = (
    tokens: readonly number[],
    at: number,
    word: number,
    changed: Set<number>,
  ): void => {
    const pair = pairKey(tokens[at]!, tokens[at + 1]!);
    pairCounts.set(pair, pairCounts.get(pair)! - wordCounts[word]!);
    changed.add(pair);
  };
  /** Joins a pair within a word; only the pairs beside the joined tokens are counted again. */
  const join = (
    word: number,
    left: number,
    right: number,
    joined: number,
    changed: Set<number>,
  ) => {
    const tokens = words[word]!;
    const merged: number[] = [];
    let removed = -1; // last pair of `tokens` that was removed
    const places: number[] = [];
    for (let at = 0; at < tokens.length; at++) {
      if (tokens[at] !== left || tokens[at + 1] !== right) {
        merged.push(tokens[at]!);
        continue;
      }
      for (let pair = Math.max(at - 1, removed + 1, 0); pair <= at + 1; pair++) {
        if (pair + 1 < tokens.length) remove(tokens, pair, word, changed);
        removed = pair;
      }
      places.push(merged.length);
      merged.push(joined);
      at++;
    }
    let added = -1; // last pair of `merged` that was added
    for (const at of places) {
      for (let pair = Math.max(at - 1, added + 1, 0); pair <= at; pair++) {
        if (pair + 1 < merged.length) add(merged, pair, word, changed);
        added = pair;
      }
    }
    words[word] = merged;
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
  for (const [word, tokens] of words.entries()) {
    for (let at = 0; at + 1 < tokens.length; at++) add(tokens, at, word, all);
  }
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
    for (const word of wordsWith.get(best.pair)!) join(word, left, right, joined, changed);
    wordsWith.delete(best.pair);
    refresh(changed);
    onProgress?.(merges.length, maxMerges);
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
