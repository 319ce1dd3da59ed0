/** Balanced assignment of tokens to experts: the assignment problem of BASE layers. */
import { usageError } from "../../graph/errors.ts";

/** Bid increments shrink from round to round; the loss is at most `N` times the last increment. */
const LAST_STEP = 1e-7;
const SHRINK = 5;

/**
 * The assignment with the largest sum of scores in which every expert has `N / E` tokens.
 *
 * An auction with shrinking bids (Bertsekas, 1992, "Auction algorithms for network flow problems"):
 * each expert has `N / E` places with prices. An unassigned token bids for its best place; the bid
 * exceeds the price by its advantage over the second best, and displaces the current holder. The sum is
 * within `1e-7 N (max - min)` of the optimum. Time grows with `N (E + N/E)` per round of bids.
 *
 * @param scores `[N, E]`, row by row, finite
 * @returns the expert of each token
 * @throws UserError (exit code 2) if `E` does not divide `N`, RangeError for non-finite scores
 */
export function balancedAssignment(
  scores: ArrayLike<number>,
  numTokens: number,
  numExperts: number,
): Int32Array {
  const capacity = numTokens / numExperts;
  if (!Number.isInteger(capacity) || scores.length !== numTokens * numExperts) {
    throw usageError(
      `balanced assignment needs a multiple of ${numExperts} tokens and a score for each pair, got ${numTokens} tokens and ${scores.length} scores; change the batch size or the number of experts`,
    );
  }
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < scores.length; i++) {
    low = Math.min(low, scores[i]!);
    high = Math.max(high, scores[i]!);
  }
  if (!Number.isFinite(high - low) && numTokens > 0) {
    throw new RangeError(`scores must be finite, got values from ${low} to ${high}`);
  }
  const range = high - low || 1;
  const auction = createAuction(scores, numTokens, numExperts, capacity);
  for (let step = 0.2; ; step /= SHRINK) {
    auction(Math.max(step, LAST_STEP) * range);
    if (step <= LAST_STEP) break;
  }
  return auction.experts;
}

/** A round of bids with one increment; prices carry over between rounds. */
function createAuction(
  scores: ArrayLike<number>,
  numTokens: number,
  numExperts: number,
  capacity: number,
): ((step: number) => void) & { readonly experts: Int32Array } {
  const experts = new Int32Array(numTokens);
  const prices = new Float64Array(numExperts * capacity);
  const owners = new Int32Array(numExperts * capacity);
  const cheapest = new Int32Array(numExperts); // place with the lowest price
  const second = new Float64Array(numExperts); // second lowest price

  const survey = (expert: number): void => {
    const start = expert * capacity;
    let best = start;
    let next = Number.POSITIVE_INFINITY;
    for (let place = start + 1; place < start + capacity; place++) {
      if (prices[place]! < prices[best]!) {
        next = prices[best]!;
        best = place;
      } else next = Math.min(next, prices[place]!);
    }
    cheapest[expert] = best;
    second[expert] = next;
  };

  const round = (step: number): void => {
    owners.fill(-1);
    for (let expert = 0; expert < numExperts; expert++) survey(expert);
    const waiting = Array.from({ length: numTokens }, (_, i) => numTokens - 1 - i);
    for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
      let chosen = 0;
      let [best, next] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let expert = 0; expert < numExperts; expert++) {
        const score = scores[token * numExperts + expert]!;
        const value = score - prices[cheapest[expert]!]!;
        if (value > best) {
          next = Math.max(best, score - second[expert]!);
          [best, chosen] = [value, expert];
        } else next = Math.max(next, value);
      }
      const place = cheapest[chosen]!;
      const out = owners[place]!;
      if (out >= 0) waiting.push(out);
      owners[place] = token;
      experts[token] = chosen;
      prices[place]! += (Number.isFinite(next) ? best - next : 0) + step;
      survey(chosen);
    }
  };
  return Object.assign(round, { experts });
}
