import { usageError } from "../../graph/errors.ts";
import type { Decoder } from "./decoder.ts";
import { checkPrompts, type Ending, lastLength } from "./generate.ts";
import { logProbabilities, penalize } from "./sampling.ts";
import { checkTextOptions, continuation, type TextOptions } from "./text-stream.ts";
import { openReader, type WindowOptions } from "./window.ts";

export interface BeamSearchOptions extends WindowOptions, TextOptions {
  readonly maxNewTokens: number;
  /** Number of continuations kept per step, and maximum number returned. Default 4. */
  readonly numBeams?: number;
  /** `alpha` >= 0; larger values favour long texts. Default 0: the most probable text. */
  readonly lengthPenalty?: number;
  readonly stopTokens?: readonly number[];
  /** See `SamplingOptions`. Default 1. */
  readonly repetitionPenalty?: number;
}

/** A continuation of the prompt. */
export interface Beam {
  /** New tokens, including the stop token if there is one. */
  readonly ids: readonly number[];
  /** New text without stops; empty without `decode`. */
  readonly text: string;
  /** Natural logarithm of the continuation's probability. */
  readonly logProbability: number;
  /** Ranking score: the log probability divided by the length penalty. */
  readonly score: number;
  readonly ended: Ending;
}

interface Candidate {
  readonly source: number;
  readonly id: number;
  readonly total: number;
}

/**
 * Beam search: continuations in descending order of their scores.
 *
 * `score = log P / ((5 + n) / 6)^alpha` with `n` tokens, including the stop token (GNMT,
 * arXiv:1609.08144, section 7, without the coverage penalty). The search ends when no active
 * continuation can overtake the finished ones.
 *
 * @param prompt token ids, at least one; optional after a prefix, which may have one row for all
 *   beams
 * @throws UserError (exit code 2) for an invalid prompt or options outside their range
 */
export async function beamSearch(
  decoder: Decoder,
  prompt: readonly number[],
  options: BeamSearchOptions,
): Promise<Beam[]> {
  const { maxNewTokens, numBeams = 4, lengthPenalty = 0, repetitionPenalty = 1 } = options;
  checkPrompts(decoder.model, [prompt], maxNewTokens);
  const maxLength = Math.min(maxNewTokens, lastLength(decoder.model) - prompt.length);
  checkTextOptions(options);
  checkBeams(numBeams, lengthPenalty);
  const stops = new Set(options.stopTokens);
  // Enough per beam: stop tokens finish a text, and at most `numBeams` others stay active. The same
  // number again may finish with a stop text.
  const numCandidates = numBeams * (options.stopTexts?.length ? 2 : 1) + stops.size;
  const scoreOf = (total: number, length: number): number =>
    total / ((5 + length) / 6) ** lengthPenalty;
  const ended: Beam[] = [];
  const textOf = (ids: readonly number[]) =>
    continuation(prompt, stops.has(ids.at(-1)!) ? ids.slice(0, -1) : ids, options);
  const end = (ids: readonly number[], total: number, reason: Beam["ended"]): void => {
    const { text } = textOf(ids);
    const score = scoreOf(total, ids.length);
    ended.push({ ids, text, logProbability: total, score, ended: reason });
    ended.sort((a, b) => b.score - a.score);
    ended.splice(numBeams);
  };

  const reader = openReader(decoder, numBeams, options);
  try {
    let beams: { readonly ids: readonly number[]; readonly total: number }[] = [
      { ids: [], total: 0 },
    ];
    for (let length = 1; length <= maxLength && beams.length > 0; length++) {
      await reader.read(beams.map(({ ids }) => [...prompt, ...ids]));
      const candidates = beams.flatMap(({ ids, total }, source) => {
        const logits = penalize(reader.state.logits(source), repetitionPenalty, [
          ...prompt,
          ...ids,
        ]);
        const logs = logProbabilities(logits);
        return largest(logs, numCandidates).map(
          (id): Candidate => ({ source, id, total: total + logs[id]! }),
        );
      });
      candidates.sort((a, b) => b.total - a.total);
      const next: Candidate[] = [];
      for (const candidate of candidates) {
        const ids = [...beams[candidate.source]!.ids, candidate.id];
        const isFull = next.length === numBeams;
        if (stops.has(candidate.id)) end(ids, candidate.total, "stop");
        else if (!isFull && textOf(ids).stopped) end(ids, candidate.total, "stop");
        else if (!isFull) next.push(candidate);
      }
      const sources = next.map(({ source }) => source);
      beams = next.map(({ source, id, total }) => ({ ids: [...beams[source]!.ids, id], total }));
      reader.reorder(Array.from({ length: numBeams }, (_, r) => sources[r] ?? 0));
      const best = scoreOf(beams[0]?.total ?? -Infinity, maxLength); // Totals never increase.
      if (ended.length === numBeams && ended.at(-1)!.score >= best) return ended;
    }
    const reason = maxLength < maxNewTokens ? "context" : "length";
    for (const { ids, total } of beams) end(ids, total, reason);
    return ended;
  } finally {
    reader.state.dispose();
  }
}

function checkBeams(numBeams: number, lengthPenalty: number): void {
  if (!(Number.isInteger(numBeams) && numBeams >= 1 && numBeams <= 1024)) {
    throw usageError(`num_beams must be a whole number from 1 to 1024, got ${numBeams}`);
  }
  if (!(lengthPenalty >= 0 && lengthPenalty < Infinity)) {
    throw usageError(`length_penalty must be 0 or more, got ${lengthPenalty}`);
  }
}

/** Indices of the `count` largest values in descending order; ties keep their order. */
function largest(values: Float64Array, count: number): number[] {
  const chosen: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const isFull = chosen.length === count;
    if (isFull && !(values[i]! > values[chosen[count - 1]!]!)) continue;
    let at = isFull ? count - 1 : chosen.length;
    while (at > 0 && values[i]! > values[chosen[at - 1]!]!) at--;
    chosen.splice(at, 0, i);
    if (chosen.length > count) chosen.pop();
  }
  return chosen;
}
