/** Routing agreement: how often two routers send the same tokens to the same experts. */
import { bestAssignment } from "./hungarian.ts";

/** Measures of agreement; fractions from 0 to 1. */
export interface RoutingAgreement {
  /** Fraction of tokens with the same first choice. */
  readonly firstChoice: number;
  /** Jaccard index of a token's two expert sets, averaged over tokens. */
  readonly overlap: number;
  /**
   * First-choice agreement beyond chance (Cohen's kappa): `(a - c) / (1 - c)`, where `c` is the
   * chance agreement of routers with the same loads. 1 is identical, 0 is chance, negative is below
   * chance. It is 1 if both always choose the same single expert.
   */
  readonly kappa: number;
  /** The expert of the second routing that is matched to each expert of the first; -1 for none. */
  readonly permutation: readonly number[];
}

export interface AgreementOptions {
  readonly numExperts: number;
  readonly numSelectedExperts: number;
  /**
   * Whether to match the experts of both routings for maximum agreement. Use it for checkpoints of
   * different seeds, whose experts have no common order. Default false.
   */
  readonly matchExperts?: boolean;
}

/**
 * Compares the choices of two checkpoints, or of two layers, for the same tokens.
 *
 * With `matchExperts` the permutation maximises the number of shared experts over all choices. This
 * biases agreement upwards, so compare it with two unrelated routers rather than with 0. A token
 * without a first expert in both routings counts as agreement; without one in a single routing, as
 * disagreement.
 *
 * @param first `[K, N]`, first choices first; the id `numExperts` means no expert
 * @param second the same tokens in the same order
 * @throws RangeError if the sizes differ or are not a multiple of `numSelectedExperts`
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
      `two routings of the same tokens need ids of equal length, a multiple of ${numSelectedExperts}; got ${first.length} and ${second.length}`,
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

/** The choices of each token, best first; invalid ids become `numExperts`. */
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

/** Number of tokens with expert `a` in the first and expert `b` in the second routing. */
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
