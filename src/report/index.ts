/** The HTML report of a run and the charts it is made of. */
export * from "./browser.ts";
export { type DomainsPage, type DomainsPageRun, renderDomainsPage } from "./domains-page.ts";
export { renderReport } from "./report.ts";
