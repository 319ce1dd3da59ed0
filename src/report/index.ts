/** The HTML report of a run, and its charts. */
export * from "./browser.ts";
export { type DomainsPage, type DomainsPageRun, renderDomainsPage } from "./domains-page.ts";
export { renderReport } from "./report.ts";
