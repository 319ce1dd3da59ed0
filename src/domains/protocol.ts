/** Leave-one-domain-out: runs a protocol and writes its tables. */

import { join } from "node:path";
import { createDecodedCache } from "../data/images/decode/decoded-cache.ts";
import {
  type DomainRecord,
  type SelectionMethod,
  selectionMethods,
} from "../evaluate/domains/model-selection.ts";
import { domainTable, domainTableMarkdown } from "../evaluate/domains/table.ts";
import { makeFolder } from "../formats/make-folder.ts";
import type { ProgressSink, ProgressUpdate } from "../learn/progress.ts";
import { type DomainResults, renderDomainsPage } from "../report/domains-page.ts";
import { writeFileAtomically } from "../runs/files.ts";
import { train } from "../train/train.ts";
import { cellRecords, cellState } from "./cell-run.ts";
import type { DomainCell } from "./cells.ts";

export interface ProtocolOptions {
  /** Folder of the runs and of the tables. */
  readonly out: string;
  /** Title of the tables. */
  readonly title: string;
  /** All domains. */
  readonly domains: readonly string[];
  /** Domains with a column in the tables. */
  readonly testDomains: readonly string[];
  readonly progress: ProgressSink;
  /** On abort the current run saves and no other starts. */
  readonly signal: AbortSignal;
}

export interface ProtocolResult extends DomainResults {
  readonly cells: readonly FinishedCell[];
}

export interface FinishedCell {
  readonly cell: DomainCell;
  readonly records: readonly DomainRecord[];
}

/**
 * Trains every unfinished cell, and writes `domains.json`, `domains.md` and `domains.html` after each.
 * Finished runs are kept, interrupted ones are resumed.
 *
 * @throws UserError (exit code 2) if a run was started with other settings; nothing is trained then
 */
export async function runProtocol(
  cells: readonly DomainCell[],
  options: ProtocolOptions,
): Promise<ProtocolResult> {
  const { out, progress, signal } = options;
  const states = new Map<DomainCell, string>();
  for (const cell of cells) states.set(cell, await cellState(join(out, cell.run), cell));
  const left = cells.filter((cell) => states.get(cell) !== "finished");
  const finished: FinishedCell[] = [];
  const clock = createClock(left.length);
  const decoded = createDecodedCache(); // All runs share the decoded images.
  await makeFolder(out);
  let result: ProtocolResult = { finished: false, cells: [], tables: [] };
  for (const [index, cell] of cells.entries()) {
    const runDirectory = join(out, cell.run);
    if (states.get(cell) !== "finished") {
      const name = `cell ${index + 1}/${cells.length}`;
      progress.note(
        `${name}: ${cell.algorithm} without ${cell.testDomains.join(" and ")}, trial ${cell.trial}`,
      );
      clock.begin();
      await train(cell.config, {
        runDirectory,
        resume: states.get(cell) === "started",
        decoded,
        progress: withCell(progress, name, clock.left),
        signal,
      });
      if ((await cellState(runDirectory, cell)) !== "finished") break;
      clock.end();
    }
    finished.push({ cell, records: await cellRecords(runDirectory, cell, options.domains) });
    result = summarize(finished, cells.length, options);
    if (left.includes(cell) || index === cells.length - 1) await writeResults(result, options);
    if (signal.aborted) break;
  }
  return result;
}

function summarize(
  finished: readonly FinishedCell[],
  planned: number,
  { domains, testDomains }: ProtocolOptions,
): ProtocolResult {
  const records = finished.flatMap((one) => one.records);
  const tables = (Object.keys(selectionMethods) as SelectionMethod[])
    .map((method) => domainTable(records, method, { domains, testDomains }))
    .filter(({ rows }) => rows.some(({ cells }) => cells.some((cell) => cell !== undefined)));
  return { finished: finished.length === planned, cells: [...finished], tables };
}

async function writeResults(result: ProtocolResult, options: ProtocolOptions): Promise<void> {
  const { out, title } = options;
  const write = (name: string, text: string) => writeFileAtomically(join(out, name), text);
  const { tables, cells } = result;
  await write("domains.json", `${JSON.stringify(protocolJson(result, options), null, 2)}\n`);
  await write("domains.md", `# ${title}\n\n${tables.map(domainTableMarkdown).join("\n")}`);
  const runs = cells.map(({ cell: { algorithm, trial, testDomains, run }, records }) => ({
    algorithm,
    trial,
    testDomains,
    report: `${run.split(/[\\/]/).map(encodeURIComponent).join("/")}/report.html`,
    steps: Math.max(...records.map(({ step }) => step)),
  }));
  await write(
    "domains.html",
    renderDomainsPage({ title, tables, runs, finished: result.finished }),
  );
}

/** The tables and their runs as JSON with snake_case keys. */
export function protocolJson(
  { finished, cells, tables }: ProtocolResult,
  { title, domains, testDomains }: Pick<ProtocolOptions, "title" | "domains" | "testDomains">,
) {
  return {
    title,
    finished,
    domains,
    test_domains: testDomains,
    runs: cells.map(({ cell, records }) => ({
      algorithm: cell.algorithm,
      recipe: cell.config.recipe,
      trial: cell.trial,
      test_domains: cell.testDomains,
      run: cell.run,
      evaluations: records.map(({ step, inAccuracy, outAccuracy }) => ({
        step,
        in_acc: inAccuracy,
        out_acc: outAccuracy,
      })),
    })),
    tables: tables.map(({ method, domains: columns, rows }) => ({
      selection: method,
      domains: columns,
      rows: rows.map(({ algorithm, cells: values, average }) => ({
        algorithm,
        cells: values.map((value) =>
          value === undefined
            ? null
            : { domain: value.domain, ...estimateJson(value), selected: value.selected },
        ),
        average: average === undefined ? null : estimateJson(average),
      })),
    })),
  };
}

function estimateJson(value: { mean: number; standardError: number; trials: number }) {
  return { mean: value.mean, standard_error: value.standardError, trials: value.trials };
}

/** Estimated seconds for the remaining runs, from the mean time of finished ones. */
function createClock(count: number) {
  let [done, seconds, began] = [0, 0, 0];
  return {
    begin(): void {
      began = performance.now();
    },
    end(): void {
      done += 1;
      seconds += (performance.now() - began) / 1000;
    },
    /** @param ofRun seconds left of the current run */
    left(ofRun: number): number {
      const elapsed = (performance.now() - began) / 1000;
      const each = done > 0 ? seconds / done : elapsed + ofRun;
      return ofRun + each * (count - done - 1);
    },
  };
}

/** Progress of one run, with its index and the total time left. */
function withCell(
  progress: ProgressSink,
  name: string,
  left: (ofRun: number) => number,
): ProgressSink {
  return {
    note: (message) => progress.note(`${name}: ${message}`),
    update: ({ label, secondsLeft, ...update }) =>
      progress.update({
        ...update,
        label: `${name}, ${label}`,
        ...(secondsLeft !== undefined && { secondsLeft: left(secondsLeft) }),
      } satisfies ProgressUpdate),
  };
}
