/** Accuracies of algorithms on held-out domains, in the layout of DomainBed. */

import { mean } from "../mean.ts";
import {
  type DomainRecord,
  type SelectedAccuracy,
  type SelectionMethod,
  selectAccuracy,
  selectionMethods,
} from "./model-selection.ts";

/** Mean and standard error over trials. */
export interface Estimate {
  /** Accuracy, 0 to 1. */
  readonly mean: number;
  /** `sqrt(sum (x - mean)^2 / n) / sqrt(n)`; 0 for a single trial. */
  readonly standardError: number;
  readonly trials: number;
}

export interface DomainTableCell extends Estimate {
  readonly domain: string;
  /** The selected evaluation of each trial. */
  readonly selected: readonly (SelectedAccuracy & { readonly trial: number })[];
}

export interface DomainTableRow {
  readonly algorithm: string;
  /** One cell per domain; undefined if runs are missing. */
  readonly cells: readonly (DomainTableCell | undefined)[];
  /** Mean of the cells, with the standard error over trials; undefined if a cell is missing. */
  readonly average: Estimate | undefined;
}

export interface DomainTable {
  readonly method: SelectionMethod;
  /** Columns of the table. */
  readonly domains: readonly string[];
  readonly rows: readonly DomainTableRow[];
}

export interface DomainTableOptions {
  /** All domains. */
  readonly domains: readonly string[];
  /** Domains with a column. Default: all. */
  readonly testDomains?: readonly string[];
  /** Rows of the table. Default: all algorithms, in the order of the records. */
  readonly algorithms?: readonly string[];
}

/**
 * The table of one selection method.
 *
 * @throws RangeError if an evaluation lacks the accuracy of a required domain
 * @example
 * domainTableText(domainTable(records, "oracle", { domains: ["photo", "sketch"] }))
 */
export function domainTable(
  records: readonly DomainRecord[],
  method: SelectionMethod,
  options: DomainTableOptions,
): DomainTable {
  const { domains, testDomains = domains } = options;
  const { algorithms = [...new Set(records.map((one) => one.algorithm))] } = options;
  const trials = [...new Set(records.map(({ trial }) => trial))].sort((a, b) => a - b);
  const rows = algorithms.map((algorithm): DomainTableRow => {
    const chosen = testDomains.map((testDomain) =>
      trials.flatMap((trial) => {
        const query = { algorithm, trial, testDomain, domains };
        const selected = selectAccuracy(records, method, query);
        return selected === undefined ? [] : [{ ...selected, trial }];
      }),
    );
    const cells = chosen.map((selected, d) =>
      selected.length === 0
        ? undefined
        : { domain: testDomains[d]!, ...estimate(selected.map(({ test }) => test)), selected },
    );
    return { algorithm, cells, average: cells.includes(undefined) ? undefined : average(chosen) };
  });
  return { method, domains: testDomains, rows };
}

/** The mean over domains, with the standard error over trials. */
function average(chosen: readonly DomainTableCell["selected"][]): Estimate {
  const trials = [...new Set(chosen.flat().map(({ trial }) => trial))];
  const ofTrials = trials.map((trial) => {
    const tests = chosen.flatMap((selected) => selected.filter((one) => one.trial === trial));
    return mean(tests.map(({ test }) => test));
  });
  const ofDomains = chosen.map((selected) => mean(selected.map(({ test }) => test)));
  return { ...estimate(ofTrials), mean: mean(ofDomains) };
}

/** Mean and standard error as in DomainBed: the deviation is divided by n, not by n - 1. */
export function estimate(values: readonly number[]): Estimate {
  const center = mean(values);
  const variance = mean(values.map((value) => (value - center) ** 2));
  return {
    mean: center,
    standardError: Math.sqrt(variance / values.length),
    trials: values.length,
  };
}

/** Formats percent, such as `87.3 ± 0.4`; without the error for a single trial; `X` if missing. */
export function formatEstimate(value: Estimate | undefined): string {
  if (value === undefined) return "X";
  const percent = (100 * value.mean).toFixed(1);
  return value.trials > 1 ? `${percent} ± ${(100 * value.standardError).toFixed(1)}` : percent;
}

/** Heading and rows as text: the algorithm, every domain, the average. */
export function domainTableText({ domains, rows }: DomainTable): {
  readonly heading: readonly string[];
  readonly rows: readonly (readonly string[])[];
} {
  return {
    heading: ["Algorithm", ...domains, "Avg"],
    rows: rows.map(({ algorithm, cells, average: all }) => [
      algorithm,
      ...cells.map(formatEstimate),
      formatEstimate(all),
    ]),
  };
}

/** The table as Markdown, below a line with the name of the method. */
export function domainTableMarkdown(table: DomainTable): string {
  const { heading, rows } = domainTableText(table);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [
    `Model selection: ${selectionMethods[table.method]}`,
    "",
    line(heading),
    line(["---", ...heading.slice(1).map(() => "---:")]),
    ...rows.map(line),
    "",
  ].join("\n");
}
