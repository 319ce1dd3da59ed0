/** The HTML report of a run and the charts it is made of. */
export * from "./browser.ts";
export { renderReport } from "./report.ts";
