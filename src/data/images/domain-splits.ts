/** Splits a set with domains by fixed permutations. */

import { usageError } from "../../graph/errors.ts";
import { foldIn, key, permutation } from "../../random/index.ts";
import type { Split } from "../dataset.ts";

/** How domains are split; part of a data set's plain description. */
export interface DomainSplitOptions {
  /** The domains to open, by default all but `testDomains`, and for the test split `testDomains`. */
  readonly domains?: readonly string[];
  /** Domains that training and validation never show; the test split is all of their samples. */
  readonly testDomains?: readonly string[];
  /** Fraction of each domain used for validation, in [0, 1), by default 0.2. */
  readonly validationFraction?: number;
  /** Seed of the permutation that draws the validation fraction, by default 0. */
  readonly splitSeed?: number;
}

/**
 * Positions of the samples of a split, in order, given the domain of each sample.
 *
 * In every opened domain, a fraction drawn with (`splitSeed`, domain) is the validation split and the
 * rest the training split, as in DomainBed (arXiv:2007.01434); the test split consists of whole
 * domains. The draw of one domain does not depend on the other domains.
 *
 * @throws UserError (exit code 2) for unknown domains, a missing test split or an empty split
 *
 * @example
 * domainMembers("pacs", "test", ["photo", "sketch", "photo"], { testDomains: ["photo"] }) // [0, 2]
 */
export function domainMembers(
  name: string,
  split: Split,
  domains: readonly string[],
  options: DomainSplitOptions,
): Uint32Array {
  const { testDomains = [], validationFraction = 0.2, splitSeed = 0 } = options;
  checkFraction(name, validationFraction);
  const known = [...new Set(domains)];
  for (const domain of [...testDomains, ...(options.domains ?? [])]) {
    if (known.includes(domain)) continue;
    throw usageError(`${name} has no domain "${domain}"; its domains are ${known.join(", ")}`);
  }
  if (split === "test" && testDomains.length === 0) {
    throw usageError(
      `${name} has no test split of its own; name the domains to hold out with test_domains (${known.join(", ")})`,
    );
  }
  const seen = options.domains ?? known.filter((domain) => !testDomains.includes(domain));
  const opened = split === "test" ? testDomains : seen;
  const parts = opened.map((domain) => {
    const members = domains.flatMap((one, index) => (one === domain ? [index] : []));
    if (split === "test") return members;
    const draw = foldIn(foldIn(foldIn(key(splitSeed), "validation"), name), domain);
    const held = Math.floor(members.length * validationFraction);
    const order = permutation(draw, members.length);
    const positions = split === "validation" ? order.slice(0, held) : order.slice(held);
    return Array.from(positions, (position) => members[position]!);
  });
  return nonEmpty(name, split, Uint32Array.from(new Set(parts.flat())).sort());
}

function checkFraction(name: string, value: number): void {
  if (value >= 0 && value < 1) return;
  throw usageError(`${name}: validation_fraction must be at least 0 and below 1, got ${value}`);
}

function nonEmpty(name: string, split: Split, members: Uint32Array): Uint32Array {
  if (members.length > 0) return members;
  throw usageError(
    `${name}: the ${split} split is empty; change validation_fraction or open more domains`,
  );
}
