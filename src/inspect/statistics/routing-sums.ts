/** Sums over tokens from which the routing scores of a layer are computed. */
import type { RoutingScores } from "../routing-scores.ts";
import { entropy } from "./distribution.ts";

/** A layer's decision for one token. */
export interface RoutedToken {
  /** Accepted experts, best first; empty if all refused. */
  readonly ids: readonly number[];
  /** Probability of every expert, `[E]`. */
  readonly probabilities: readonly number[];
  /** Number of attempted assignments. */
  readonly attempted: number;
}

/** Sums over the tokens of a group. */
export interface RoutingSums {
  /** Assignments of each expert, `[E]`. */
  readonly load: readonly number[];
  /** Probabilities of each expert, `[E]`. */
  readonly importance: readonly number[];
  readonly tokens: number;
  add(token: RoutedToken): void;
  scores(): RoutingScores;
}

/** Creates empty sums. */
export function routingSums(numExperts: number): RoutingSums {
  const load = Array<number>(numExperts).fill(0);
  const importance = Array<number>(numExperts).fill(0);
  let [tokens, attempted, placed, entropies, confidence] = [0, 0, 0, 0, 0];
  return {
    load,
    importance,
    get tokens() {
      return tokens;
    },
    add(token) {
      tokens += 1;
      attempted += token.attempted;
      placed += Math.min(token.attempted, token.ids.length);
      for (const expert of token.ids) load[expert]! += 1;
      for (const [expert, p] of token.probabilities.entries()) importance[expert]! += p;
      entropies += entropy(token.probabilities);
      confidence += Math.max(...token.probabilities);
    },
    scores() {
      const mean = (sum: number): number => (tokens === 0 ? 0 : sum / tokens);
      const localEntropy = mean(entropies);
      const globalEntropy = entropy(importance.map(mean));
      const successRate = attempted === 0 ? 0 : placed / attempted;
      return {
        maxViolation: maxViolation(load),
        deadExperts: load.filter((count) => count === 0).length,
        localEntropy,
        globalEntropy,
        mutualInformation: globalEntropy - localEntropy,
        gateConfidence: mean(confidence),
        successRate,
        droppedFraction: 1 - successRate,
      };
    },
  };
}

/** Largest load divided by the mean load, minus 1; 0 if balanced (arXiv:2408.15664, equation 4). */
export function maxViolation(counts: ArrayLike<number | bigint>): number {
  const loads = Array.from(counts, Number);
  const mean = loads.reduce((total, load) => total + load, 0) / loads.length;
  return mean === 0 ? 0 : Math.max(...loads) / mean - 1;
}
