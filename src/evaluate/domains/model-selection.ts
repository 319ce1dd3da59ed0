/**
 * Model selection for runs on several domains: the methods of DomainBed (arXiv:2007.01434, section
 * 3). Every domain has a held-out part, its *out* split; the rest is its *in* split.
 */

import { mean } from "../mean.ts";

/** The accuracies of one evaluation of one run. */
export interface DomainRecord {
  readonly algorithm: string;
  /** Seed of the splits and the initial weights. */
  readonly trial: number;
  /** Index of the algorithm's parameter settings, if it runs with several. Default 0. */
  readonly settings?: number;
  /** Domains held out from training: one, or two for cross-validation over domains. */
  readonly testDomains: readonly string[];
  readonly step: number;
  /** Accuracy on the in split, by domain, 0 to 1; required for the test domains only. */
  readonly inAccuracy: Readonly<Record<string, number>>;
  /** Accuracy on the out split, by domain, 0 to 1. */
  readonly outAccuracy: Readonly<Record<string, number>>;
}

/** A selected evaluation. */
export interface SelectedAccuracy {
  /** The accuracy that selected it, 0 to 1. */
  readonly validation: number;
  /** Accuracy on the in split of the test domain, 0 to 1. */
  readonly test: number;
  readonly step: number;
  readonly settings: number;
}

/** Display names of the methods. */
export const selectionMethods = {
  /** Mean accuracy on the out splits of the training domains, at the best step. */
  training_domain_validation: "training-domain validation set",
  /** Mean accuracy on each training domain when it is also held out, at the best step. */
  leave_one_domain_out: "leave-one-domain-out cross-validation",
  /** Accuracy on the out split of the test domain at the last step: no early stopping. */
  oracle: "test-domain validation set (oracle)",
} as const;

export type SelectionMethod = keyof typeof selectionMethods;

export interface SelectionQuery {
  readonly algorithm: string;
  readonly trial: number;
  readonly testDomain: string;
  /** All domains; cross-validation derives the required runs from them. */
  readonly domains: readonly string[];
}

/**
 * The evaluation that `method` selects for one algorithm, trial and test domain; undefined if
 * required runs are missing.
 *
 * Each group of runs with equal settings contributes its best step, and the best of these is
 * selected. Ties go to the earliest step and to the highest settings index, as in DomainBed.
 *
 * @throws RangeError if an evaluation lacks the accuracy of a required domain
 * @example
 * selectAccuracy(records, "oracle", { algorithm: "ERM", trial: 0, testDomain: "sketch", domains })
 */
export function selectAccuracy(
  records: readonly DomainRecord[],
  method: SelectionMethod,
  { algorithm, trial, testDomain, domains }: SelectionQuery,
): SelectedAccuracy | undefined {
  const group = records.filter(
    (record) =>
      record.algorithm === algorithm &&
      record.trial === trial &&
      record.testDomains.includes(testDomain),
  );
  const offers = ascending(group.map(({ settings = 0 }) => settings)).flatMap((settings) => {
    const runs = group.filter((record) => (record.settings ?? 0) === settings);
    const offer = offersOf[method](runs, testDomain, domains);
    return offer === undefined ? [] : [{ ...offer, settings }];
  });
  return offers.reduce<SelectedAccuracy | undefined>(
    (best, offer) => (best === undefined || offer.validation >= best.validation ? offer : best),
    undefined,
  );
}

type Offer = Omit<SelectedAccuracy, "settings">;
type Offering = (
  runs: readonly DomainRecord[],
  testDomain: string,
  domains: readonly string[],
) => Offer | undefined;

const offersOf: Readonly<Record<SelectionMethod, Offering>> = {
  training_domain_validation: (runs, testDomain, domains) =>
    best(
      alone(runs).map((record) => {
        const { step, inAccuracy, outAccuracy } = record;
        const training = domains.filter((domain) => domain !== testDomain);
        const validation = mean(training.map((domain) => of(outAccuracy, domain, record)));
        return { validation, test: of(inAccuracy, testDomain, record), step };
      }),
    ),
  leave_one_domain_out: (runs, testDomain, domains) =>
    best(
      ascending(runs.map(({ step }) => step)).flatMap((step) => {
        const now = runs.filter((record) => record.step === step);
        const [tested, ...more] = alone(now);
        if (tested === undefined || more.length > 0) return [];
        const accuracies = domains
          .filter((domain) => domain !== testDomain)
          .map((domain) => {
            const left = now.find(
              ({ testDomains }) => testDomains.length === 2 && testDomains.includes(domain),
            );
            return left && of(left.inAccuracy, domain, left);
          });
        if (accuracies.length === 0 || accuracies.includes(undefined)) return [];
        const test = of(tested.inAccuracy, testDomain, tested);
        return [{ validation: mean(accuracies as number[]), test, step }];
      }),
    ),
  oracle: (runs, testDomain) => {
    const last = alone(runs).reduce<DomainRecord | undefined>(
      (latest, record) => (latest === undefined || record.step >= latest.step ? record : latest),
      undefined,
    );
    return (
      last && {
        validation: of(last.outAccuracy, testDomain, last),
        test: of(last.inAccuracy, testDomain, last),
        step: last.step,
      }
    );
  },
};

/** The evaluations of runs that held out a single domain. */
function alone(runs: readonly DomainRecord[]): DomainRecord[] {
  return runs.filter(({ testDomains }) => testDomains.length === 1);
}

/** The candidate with the highest validation accuracy; ties go to the earliest step. */
function best(offers: readonly Offer[]): Offer | undefined {
  return offers
    .toSorted((a, b) => a.step - b.step)
    .reduce<Offer | undefined>(
      (chosen, offer) =>
        chosen === undefined || offer.validation > chosen.validation ? offer : chosen,
      undefined,
    );
}

function of(
  accuracies: Readonly<Record<string, number>>,
  domain: string,
  { step }: DomainRecord,
): number {
  const value = accuracies[domain];
  if (value !== undefined) return value;
  throw new RangeError(`the evaluation at step ${step} has no accuracy on ${domain}`);
}

function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b);
}
