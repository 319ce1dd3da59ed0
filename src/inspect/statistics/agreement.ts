/** How far two routers send the same tokens to the same experts. */
import { bestAssignment } from "./hungarian.ts";

/** Fractions from 0 to 1. */
export interface RoutingAgreement {
  /** Tokens whose first choices are the same expert. */
  readonly firstChoice: number;
  /** Mean over tokens of the shared experts over the experts of either (Jaccard's index). */
  readonly overlap: number;
  /**
   * First-choice agreement beyond chance, `(a - c) / (1 - c)` with `c` what routers of the same
   * loads would share by chance (Cohen's kappa): 1 when the same, 0 by chance, negative below. 1
   * where both always choose one same expert.
   */
  readonly kappa: number;
  /** Expert of the second routing that each expert of the first was matched with. */
  readonly permutation: readonly number[];
}

export interface AgreementOptions {
  readonly numExperts: number;
  readonly numSelectedExperts: number;
  /**
   * Matches the experts of the two so that they agree most, which makes up for checkpoints of
   * different seeds: experts have no order. Default false.
   */
  readonly matchExperts?: boolean;
}

/**
 * Compares the choices of two checkpoints, or of two layers, for the same tokens.
 *
 * With `matchExperts` the permutation maximises the experts shared over all choices; it favours
 * agreement, so compare it with that of two unrelated routers rather than with 0. A token without a
 * first expert in both agrees; one without it in either does not.
 *
 * @param first `[K, N]`, first choices first; `numExperts` stands for no expert
 * @param second the same tokens in the same order
 */
export function routingAgreement(
  first: ArrayLike<number | bigint>,
  second: ArrayLike<number | bigint>,
  options: AgreementOptions,
): RoutingAgreement {
  const { numExperts, numSelectedExperts, matchExperts = false } = options;
  const numTokens = first.length / numSelectedExperts;
  if (first.length !== second.length || !Number.isInteger(numTokens)) {
    throw new RangeError(
      `two routings of the same tokens have ids of one size, a multiple of ${numSelectedExperts}; got ${first.length} and ${second.length}`,
    );
  }
  const ours = choicesOf(first, numTokens, numExperts);
  const theirs = choicesOf(second, numTokens, numExperts);
  const identity = Array.from({ length: numExperts }, (_, e) => e);
  const permutation = matchExperts
    ? bestAssignment(sharedTokens(ours, theirs, numExperts))
    : identity;
  const renamed = ours.map((choices) => choices.map((e) => permutation[e] ?? numExperts));
  const isExpert = (e: number): boolean => e < numExperts;

  let same = 0;
  let overlap = 0;
  const loads = [0, 1].map(() => new Float64Array(numExperts + 1));
  for (const [n, choices] of renamed.entries()) {
    const others = theirs[n]!;
    loads[0]![choices[0]!]! += 1;
    loads[1]![others[0]!]! += 1;
    if (choices[0] === others[0]) same += 1;
    const [a, b] = [new Set(choices.filter(isExpert)), new Set(others.filter(isExpert))];
    const union = new Set([...a, ...b]).size;
    overlap += union === 0 ? 1 : (a.size + b.size - union) / union;
  }
  if (numTokens === 0) return { firstChoice: 0, overlap: 0, kappa: 0, permutation };
  const agreed = same / numTokens;
  const chance = loads[0]!.reduce((sum, load, e) => sum + load * loads[1]![e]!, 0) / numTokens ** 2;
  return {
    firstChoice: agreed,
    overlap: overlap / numTokens,
    kappa: chance === 1 ? 1 : (agreed - chance) / (1 - chance),
    permutation,
  };
}

/** The choices of each token, best first; `numExperts` for every id that is no expert's. */
function choicesOf(
  ids: ArrayLike<number | bigint>,
  numTokens: number,
  numExperts: number,
): number[][] {
  const numSelected = numTokens === 0 ? 0 : ids.length / numTokens;
  return Array.from({ length: numTokens }, (_, n) =>
    Array.from({ length: numSelected }, (_, k) => {
      const id = Number(ids[k * numTokens + n]);
      return id >= 0 && id < numExperts ? id : numExperts;
    }),
  );
}

/** How many tokens have expert `a` in the first and expert `b` in the second routing. */
function sharedTokens(
  first: readonly (readonly number[])[],
  second: readonly (readonly number[])[],
  numExperts: number,
): number[][] {
  const shared = Array.from({ length: numExperts }, () => Array<number>(numExperts).fill(0));
  for (const [n, choices] of first.entries()) {
    for (const a of choices) {
      for (const b of second[n]!) {
        if (a < numExperts && b < numExperts) shared[a]![b]! += 1;
      }
    }
  }
  return shared;
}
