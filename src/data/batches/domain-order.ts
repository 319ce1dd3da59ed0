/** The samples of every step, with the same number from each domain. */
import { usageError } from "../../graph/errors.ts";
import { foldIn, key, permutation } from "../../random/index.ts";
import type { SampleDomains } from "../dataset.ts";
import type { BatchOrder } from "./batch-order.ts";

/** What determines the order of samples by domain. */
export interface DomainOrderOptions {
  /** Name of the set, for messages. */
  readonly name: string;
  readonly domains: SampleDomains;
  readonly length: number;
  readonly samplesPerDomain: number;
  readonly seed: number;
}

/**
 * Batches of `samplesPerDomain` samples of each domain, side by side in the order of the domains.
 *
 * Every domain is shuffled on its own and repeated endlessly, as in DomainBed (arXiv:2007.01434): pass e
 * over the n samples of domain d uses the permutation addressed by (seed, "shuffle", d, e) and takes
 * `floor(n / samplesPerDomain)` batches; remaining samples are skipped in this pass. An epoch is one
 * pass over the smallest domain.
 *
 * @throws UserError (exit code 2) if a domain cannot fill a batch
 */
export function domainOrder(options: DomainOrderOptions): BatchOrder {
  const { name, domains, length, samplesPerDomain, seed } = options;
  const members: number[][] = domains.names.map(() => []);
  for (let index = 0; index < length; index++) members[domains.of(index)]!.push(index);
  for (const [d, { length: size }] of members.entries()) {
    if (size >= samplesPerDomain) continue;
    throw usageError(
      `${name}: the domain ${domains.names[d]} has ${size} samples, fewer than samples_per_domain ${samplesPerDomain}; lower it`,
    );
  }
  const shuffleKey = foldIn(key(seed), "shuffle");
  const batches = members.map(({ length: size }) => Math.floor(size / samplesPerDomain));
  const drawn: { pass: number; order: Uint32Array }[] = [];
  const orderOf = (d: number, pass: number): Uint32Array => {
    if (drawn[d]?.pass !== pass) {
      const order = permutation(
        foldIn(foldIn(shuffleKey, domains.names[d]!), pass),
        members[d]!.length,
      );
      drawn[d] = { pass, order };
    }
    return drawn[d]!.order;
  };
  const batchesPerEpoch = Math.min(...batches);
  return {
    batchesPerEpoch,
    job: (step) => {
      const indices = new Int32Array(samplesPerDomain * members.length);
      for (const [d, own] of members.entries()) {
        const order = orderOf(d, Math.floor(step / batches[d]!));
        const start = (step % batches[d]!) * samplesPerDomain;
        for (let i = 0; i < samplesPerDomain; i++) {
          indices[d * samplesPerDomain + i] = own[order[start + i]!]!;
        }
      }
      // Passes over the domains end at different steps, so augmentation is seeded by the step.
      return { step, epoch: Math.floor(step / batchesPerEpoch), indices, draw: step };
    },
  };
}
