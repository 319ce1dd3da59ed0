/**
 * Which checkpoint of a run on several domains is reported: the selection methods of DomainBed
 * (arXiv:2007.01434, section 3). In every domain a part is held out: its *out* split; the rest is its
 * *in* split.
 */

import { mean } from "../mean.ts";

/** What was measured at one evaluation of one run. */
export interface DomainRecord {
  readonly algorithm: string;
  /** Seeds the splits and the first weights. */
  readonly trial: number;
  /** Which settings of the algorithm's parameters; one algorithm may be run with several. Default 0. */
  readonly settings?: number;
  /** Domains that training did not see: one, or two for cross-validation over domains. */
  readonly testDomains: readonly string[];
  readonly step: number;
  /** Accuracy on the in split, by domain, 0 to 1; needed of the test domains alone. */
  readonly inAccuracy: Readonly<Record<string, number>>;
  /** Accuracy on the out split, by domain, 0 to 1. */
  readonly outAccuracy: Readonly<Record<string, number>>;
}

/** An evaluation that was chosen. */
export interface SelectedAccuracy {
  /** The accuracy that chose it, 0 to 1. */
  readonly validation: number;
  /** Accuracy on the in split of the test domain, 0 to 1. */
  readonly test: number;
  readonly step: number;
  readonly settings: number;
}

/** The methods by their names in tables. */
export const selectionMethods = {
  /** Mean accuracy on the out splits of the training domains, at the best step. */
  training_domain_validation: "training-domain validation set",
  /** Mean accuracy on each training domain when it is left out as well, at the best step. */
  leave_one_domain_out: "leave-one-domain-out cross-validation",
  /** Accuracy on the out split of the test domain at the last step: no early stopping. */
  oracle: "test-domain validation set (oracle)",
} as const;

export type SelectionMethod = keyof typeof selectionMethods;

export interface SelectionQuery {
  readonly algorithm: string;
  readonly trial: number;
  readonly testDomain: string;
  /** All domains, so that cross-validation knows which runs it needs. */
  readonly domains: readonly string[];
}

/**
 * The evaluation that `method` reports for one algorithm, trial and test domain; undefined where the
 * runs that it needs are not there.
 *
 * Each group of runs with equal settings offers its best step, and the best of these offers is
 * taken. Of equal steps the earliest wins, of equal settings the highest, as in DomainBed.
 *
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

/** The evaluations of runs that left out one domain only. */
function alone(runs: readonly DomainRecord[]): DomainRecord[] {
  return runs.filter(({ testDomains }) => testDomains.length === 1);
}

/** The offer with the highest validation accuracy; of equal ones that of the earliest step. */
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
