/** Sampling of the next token from logits. */
import { usageError } from "../../graph/errors.ts";
import { type Key, stream } from "../../random/index.ts";

export interface SamplingOptions {
  /** Divides the logits; 0 selects the most probable token (ties go to the first). Default 1. */
  readonly temperature?: number;
  /** Keeps the `k` most probable tokens, and ties with the last of them (arXiv:1805.04833). */
  readonly topK?: number;
  /**
   * Keeps the smallest set of most probable tokens whose probabilities sum to at least this value,
   * 0 to 1 (nucleus sampling, arXiv:1904.09751, section 3.1).
   */
  readonly topP?: number;
  /**
   * Divides positive logits of earlier tokens, and multiplies negative ones (CTRL,
   * arXiv:1909.05858, section 4.1). Default 1, which has no effect.
   */
  readonly repetitionPenalty?: number;
}

/** @throws UserError (exit code 2) for options outside their range */
export function checkSampling(options: SamplingOptions): void {
  const { temperature = 1, topK, topP, repetitionPenalty = 1 } = options;
  const refuse = (message: string): never => {
    throw usageError(message);
  };
  if (!(temperature >= 0 && temperature < Infinity)) {
    refuse(`temperature must be 0 (greedy) or more, got ${temperature}`);
  }
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1)) {
    refuse(`top_k must be a whole number >= 1, got ${topK}; omit it to keep all tokens`);
  }
  if (topP !== undefined && !(topP > 0 && topP <= 1)) {
    refuse(`top_p must be above 0 and at most 1, got ${topP}`);
  }
  if (!(repetitionPenalty > 0 && repetitionPenalty < Infinity)) {
    refuse(`repetition_penalty must be above 0, got ${repetitionPenalty}; 1 has no effect`);
  }
}

/**
 * Probabilities of the next token: repetition penalty, temperature, top-k, then top-p, the order of
 * common libraries. At temperature 0 a single token has probability 1.
 *
 * @param logits `[V]`
 * @param seen earlier tokens
 * @returns `[V]`, in float64
 */
export function nextTokenProbabilities(
  logits: ArrayLike<number>,
  options: SamplingOptions = {},
  seen: Iterable<number> = [],
): Float64Array {
  const { temperature = 1, topK, topP, repetitionPenalty = 1 } = options;
  const scores = penalize(logits, repetitionPenalty, seen);
  if (temperature === 0) {
    const certain = new Float64Array(scores.length);
    certain[argMax(scores)] = 1;
    return certain;
  }
  for (let i = 0; i < scores.length; i++) scores[i]! /= temperature;
  if (topK !== undefined && topK < scores.length) {
    const last = Float64Array.from(scores).sort()[scores.length - topK]!;
    for (let i = 0; i < scores.length; i++) if (scores[i]! < last) scores[i] = -Infinity;
  }
  const probabilities = softmax(scores);
  return topP === undefined || topP >= 1 ? probabilities : nucleus(probabilities, topP);
}

/** Samples a token; equal keys sample equal tokens. */
export function sampleToken(probabilities: Float64Array, key: Key): number {
  const total = probabilities.reduce((sum, p) => sum + p, 0);
  const target = stream(key).uniform() * total;
  let [sum, chosen] = [0, 0];
  for (const [token, p] of probabilities.entries()) {
    if (p === 0) continue;
    sum += p;
    chosen = token;
    if (target < sum) break;
  }
  return chosen;
}

/** `log softmax(logits)`, in float64. */
export function logProbabilities(logits: ArrayLike<number>): Float64Array {
  const values = Float64Array.from(logits);
  const highest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = values.reduce((sum, value) => sum + Math.exp(value - highest), 0);
  return values.map((value) => value - highest - Math.log(total));
}

/** Logits in float64 after the repetition penalty. */
export function penalize(
  logits: ArrayLike<number>,
  penalty: number,
  seen: Iterable<number>,
): Float64Array {
  const scores = Float64Array.from(logits);
  if (penalty === 1) return scores;
  for (const token of new Set(seen)) {
    const score = scores[token]!;
    scores[token] = score > 0 ? score / penalty : score * penalty;
  }
  return scores;
}

function nucleus(probabilities: Float64Array, topP: number): Float64Array {
  const order = Array.from(probabilities.keys()).sort(
    (a, b) => probabilities[b]! - probabilities[a]! || a - b,
  );
  const kept = new Float64Array(probabilities.length);
  let sum = 0;
  for (const token of order) {
    if (sum >= topP) break;
    kept[token] = probabilities[token]!;
    sum += probabilities[token]!;
  }
  return kept.map((p) => p / sum);
}

function softmax(scores: Float64Array): Float64Array {
  return logProbabilities(scores).map(Math.exp);
}

function argMax(values: Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
