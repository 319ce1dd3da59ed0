/** Pages available for a run. */
import type { RunEntry } from "moesaic/inspect";
import { type RunPage, runPages } from "./pages.ts";
import type { StoredRecord } from "./record.ts";

/**
 * Pages of a run, in order: the pages with recorded data; before the record is read, those of its
 * system.
 */
export function offeredPages(
  { pages: expected }: Pick<RunEntry, "pages">,
  record?: StoredRecord,
): RunPage[] {
  const offered = runPages.filter((page) => {
    if (page.name === "overview") return true;
    if (record !== undefined && "holds" in page) return page.holds(record);
    return expected === null || expected.includes(page.name);
  });
  return offered.map(({ name }) => name);
}

/** Explains why a page has no record, and what to do. */
export function whyNoRecord({ state }: Pick<RunEntry, "state">): string {
  return state === "training"
    ? "The run is still training. Routing is recorded when training ends; this page then updates by itself."
    : "The run has no routing record. Train it to the end with this version to create one.";
}
