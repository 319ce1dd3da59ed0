/** The page of a leave-one-domain-out protocol: one HTML file. */
import { parseHTML } from "linkedom";
import { type DomainRecord, selectionMethods } from "../evaluate/domains/model-selection.ts";
import { type DomainTable, domainTableText } from "../evaluate/domains/table.ts";
import { domainBarsChart } from "./charts/domain-bars.ts";
import { formatCount } from "./format.ts";
import { type Html, html, raw } from "./html.ts";
import { renderPage } from "./page.ts";
import { figure } from "./sections/section.ts";
import { responsive } from "./svg.ts";

/** One training run of a protocol. */
export interface DomainsPageRun extends Pick<DomainRecord, "algorithm" | "trial" | "testDomains"> {
  /** URL of its report, relative to the page. */
  readonly report: string;
  readonly steps: number;
}

/** Results of a protocol so far. */
export interface DomainResults {
  /** Whether all runs are finished. */
  readonly finished: boolean;
  /** One table per selection method that the runs support. */
  readonly tables: readonly DomainTable[];
}

export interface DomainsPage extends DomainResults {
  readonly title: string;
  readonly runs: readonly DomainsPageRun[];
}

const explained = {
  training_domain_validation:
    "The checkpoint with the best mean accuracy on the held-out part of each training domain.",
  leave_one_domain_out:
    "The step with the best mean accuracy on the training domains, each held out in turn.",
  oracle:
    "The last checkpoint; settings of an algorithm are selected on the held-out part of the test domain.",
} as const;

const pageStyle = `
.domains td:first-child, .domains th:first-child { padding-right: 24px; }
.domains .best { font-weight: 650; }
.runs { display: flex; flex-wrap: wrap; gap: 4px 14px; }
.runs a { color: var(--accent); }`;

/** Renders the page; user text is escaped, and nothing is loaded. */
export function renderDomainsPage({ title, tables, runs, finished }: DomainsPage): string {
  const { document } = parseHTML("<!doctype html><html></html>");
  return renderPage({
    title,
    style: pageStyle,
    body: html`<header>
<p class="eyebrow">${formatCount(runs.length)} ${runs.length === 1 ? "run" : "runs"}${finished ? "" : ", more to follow"}</p>
<h1>${title}</h1>
<p class="lede">Accuracy on held-out domains, in percent of each domain's in split: the mean over
trials and its standard error. Each column is a held-out domain.</p>
</header>
${tables.map((table) => drawTable(table, document))}
<section><h2>Runs</h2>
${drawRuns(runs)}
</section>`,
  });
}

function drawTable(table: DomainTable, document: Document): Html {
  const { heading, rows } = domainTableText(table);
  const label = `Accuracy of each algorithm on each held-out domain, ${selectionMethods[table.method]}`;
  const chart = responsive((width) => domainBarsChart(table, { document, width, label }), 1140);
  const series = (r: number): Html => raw(`var(--series-${r % 6})`);
  const legend = html`<ul class="legend">${table.rows.map(
    ({ algorithm }, r) =>
      html`<li><span class="line" style="background:${series(r)}"></span>${algorithm}</li>`,
  )}</ul>`;
  const best = bestOf(table);
  return html`<section><h2>Selection: ${selectionMethods[table.method]}</h2>
<p class="lede">${explained[table.method]}</p>
<div class="stack">
<div class="card scroll"><table class="domains"><thead><tr>${heading.map(
    (cell, i) => html`<th${i > 0 ? raw(' class="number"') : null}>${cell}</th>`,
  )}</tr></thead>
<tbody>${rows.map(
    ([name, ...cells], r) =>
      html`<tr><th>${name}</th>${cells.map(
        (cell, c) => html`<td class="number${best[c]!.has(r) ? " best" : ""}">${cell}</td>`,
      )}</tr>`,
  )}</tbody></table></div>
${figure("Accuracy by held-out domain", html`${legend}${chart}`, "Lines: standard error over trials. Dots: trials.")}
</div></section>
`;
}

/** Rows that print the highest mean, per column; empty for a single row. */
function bestOf({ domains, rows }: DomainTable): ReadonlySet<number>[] {
  return Array.from({ length: domains.length + 1 }, (_, c) => {
    const means = rows.map(({ cells, average }) => {
      const mean = [...cells, average][c]?.mean;
      return mean === undefined ? -1 : Number((100 * mean).toFixed(1));
    });
    const highest = Math.max(0, ...means);
    return new Set(
      rows.length > 1 ? means.flatMap((mean, r) => (mean === highest ? [r] : [])) : [],
    );
  });
}

function drawRuns(runs: readonly DomainsPageRun[]): Html {
  const groups = new Map<string, DomainsPageRun[]>();
  for (const run of runs) groups.set(run.algorithm, [...(groups.get(run.algorithm) ?? []), run]);
  return html`<div class="stack">${[...groups].map(
    ([algorithm, own]) =>
      html`<div class="card"><h3>${algorithm}</h3><div class="runs">${own.map(
        ({ report, testDomains, trial, steps }) =>
          html`<a href="${report}" title="${formatCount(steps)} steps">without ${testDomains.join(" and ")}, trial ${trial}</a>`,
      )}</div></div>`,
  )}</div>`;
}
